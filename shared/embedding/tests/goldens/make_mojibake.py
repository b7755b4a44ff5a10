"""Takes ftfy's tables out of ftfy (Apache-2.0, Robyn Speer): ../../src/cleaning/mojibake.json. Run: python make_mojibake.py"""

import json
import re
from pathlib import Path

from ftfy import badness, chardata

TARGET = Path(__file__).parents[2] / "src" / "cleaning" / "mojibake.json"
HIGH_BYTES = bytes(range(0x80, 0x100))


def without_layout(pattern):
    """A verbose pattern without its blanks and comments; blanks within brackets count. Python's `\\w` knows no marks, others' does."""
    kept = re.findall(r"\[[^\]]*\]|\\.|#.*|[^\s]", pattern)
    return "".join(part for part in kept if not part.startswith("#")).replace(r"\w", r"[\p{L}\p{N}_]")


tables = {
    "bad": without_layout(badness.BADNESS_RE.pattern),
    "detector": without_layout(chardata.UTF8_DETECTOR_RE.pattern),
    "encodings": {name: HIGH_BYTES.decode(name) for name in chardata.CHARMAP_ENCODINGS},
    "plain_letters": {chr(code): text for code, text in {**chardata.LIGATURES, **chardata.WIDTH_MAP}.items()},
}
TARGET.write_text(json.dumps(tables, ensure_ascii=False, indent=0) + "\n")
