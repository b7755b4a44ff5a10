//! What an XMP packet says (ISO 16684-1), within a photo or in the sidecar beside it: what somebody noted, and what cameras know.

use foray_protocol::{Description, clock_seconds, is_tame_xml};
use memchr::memmem;
use roxmltree::{Document, Node};

use crate::keywords::distinct;

const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const XMP: &str = "http://ns.adobe.com/xap/1.0/";
const DC: &str = "http://purl.org/dc/elements/1.1/";
const EXIF: &str = "http://ns.adobe.com/exif/1.0/";
const EXIF_EX: &str = "http://cipa.jp/exif/1.0/";
const AUX: &str = "http://ns.adobe.com/exif/1.0/aux/";
const TIFF: &str = "http://ns.adobe.com/tiff/1.0/";
const PHOTOSHOP: &str = "http://ns.adobe.com/photoshop/1.0/";
const LIGHTROOM: &str = "http://ns.adobe.com/lightroom/1.0/";
const DIGIKAM: &str = "http://www.digikam.org/ns/1.0/";

/// A longer packet is no description of a photo.
const LONGEST_PACKET: usize = 4 << 20;

/// The packet in a file's content: found by its marks, wherever the format keeps it (ISO 16684-1, scanning for packets).
pub(crate) fn packet_in(content: &[u8]) -> Option<String> {
    let start = memmem::find(content, b"<x:xmpmeta").or_else(|| memmem::find(content, b"<rdf:RDF"))?;
    let rest = &content[start..(start + LONGEST_PACKET).min(content.len())];
    let end_mark: &[u8] = if rest.starts_with(b"<x:") { b"</x:xmpmeta>" } else { b"</rdf:RDF>" };
    let end = memmem::find(rest, end_mark)? + end_mark.len();
    Some(String::from_utf8_lossy(&rest[..end]).into_owned())
}

/// What `packet` says; nothing where it cannot be read.
pub(crate) fn description(packet: &str) -> Description {
    if !is_tame_xml(packet) {
        return Description::default();
    }
    Document::parse(packet).map_or_else(|_| Description::default(), |document| Packet(&document).description())
}

struct Packet<'a>(&'a Document<'a>);

impl Packet<'_> {
    fn description(&self) -> Description {
        Description {
            taken_at: self.taken_at(),
            camera: self
                .text(TIFF, "Model")
                .map(|model| camera_name(&self.text(TIFF, "Make").unwrap_or_default(), &model)),
            lens: self.text(EXIF_EX, "LensModel").or_else(|| self.text(AUX, "Lens")),
            position: self.position(),
            place: None,
            rating: self.rating(),
            keywords: self.keywords(),
            caption: self.text(DC, "description"),
        }
    }

    fn taken_at(&self) -> Option<String> {
        let times = [(EXIF, "DateTimeOriginal"), (PHOTOSHOP, "DateCreated"), (XMP, "CreateDate")];
        times.into_iter().find_map(|(space, name)| time(&self.text(space, name)?))
    }

    fn position(&self) -> Option<(f64, f64)> {
        let latitude = degrees(&self.text(EXIF, "GPSLatitude")?, 'N', 'S')?;
        let longitude = degrees(&self.text(EXIF, "GPSLongitude")?, 'E', 'W')?;
        (latitude.abs() <= 90.0 && longitude.abs() <= 180.0).then_some((latitude, longitude))
    }

    /// Some programs write stars with a fraction of nothing.
    fn rating(&self) -> Option<i8> {
        let stars = self.text(XMP, "Rating")?.parse::<f64>().ok()?.round();
        (stars == -1.0 || (1.0..=5.0).contains(&stars)).then_some(stars as i8)
    }

    /// Of keywords within keywords (`Places|Berlin`, `Places/Berlin`) the last.
    fn keywords(&self) -> Vec<String> {
        let last =
            |separator: char| move |keyword: String| keyword.rsplit(separator).next().unwrap_or_default().to_owned();
        let within = self.texts(LIGHTROOM, "hierarchicalSubject").into_iter().map(last('|'));
        let of_digikam = self.texts(DIGIKAM, "TagsList").into_iter().map(last('/'));
        distinct(self.texts(DC, "subject").into_iter().chain(within).chain(of_digikam))
    }

    fn text(&self, space: &str, name: &str) -> Option<String> {
        self.texts(space, name).into_iter().next()
    }

    /// The values of a property, which is an attribute, an element, or a list in an element.
    fn texts(&self, space: &str, name: &str) -> Vec<String> {
        let resources = self.0.descendants().filter(|node| node.has_tag_name((RDF, "Description")));
        resources.flat_map(|resource| values(resource, space, name)).collect()
    }
}

fn values(resource: Node<'_, '_>, space: &str, name: &str) -> Vec<String> {
    let attribute = resource.attribute((space, name)).into_iter();
    let elements = resource.children().filter(|child| child.has_tag_name((space, name)));
    let listed = elements.flat_map(|element| {
        // Of the list in it alone: what lies deeper would count for each property round it.
        let items = element.children().flat_map(|list| list.children());
        let items: Vec<_> = items.filter(|node| node.has_tag_name((RDF, "li"))).collect();
        let nodes = if items.is_empty() { vec![element] } else { items };
        nodes.into_iter().filter_map(|node| node.text())
    });
    attribute.chain(listed).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).collect()
}

/// `2023-06-01T12:00:05.25+02:00` without its fraction of a second.
fn time(text: &str) -> Option<String> {
    let clock = text.get(..19).filter(|clock| !clock.starts_with("0000") && clock_seconds(clock).is_some())?;
    let rest = text.get(19..)?.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let offset = match rest {
        "Z" => "+00:00",
        rest if is_offset(rest) => rest,
        _ => "",
    };
    Some(format!("{clock}{offset}"))
}

/// `+02:00`.
fn is_offset(text: &str) -> bool {
    let is_digit = |at: usize| text.as_bytes()[at].is_ascii_digit();
    text.len() == 6
        && text.starts_with(['+', '-'])
        && text.as_bytes()[3] == b':'
        && [1, 2, 4, 5].into_iter().all(is_digit)
}

/// `52,31.2N` or `52,31,12N`.
fn degrees(text: &str, positive: char, negative: char) -> Option<f64> {
    let number = text.trim_end_matches([positive, negative]);
    let parts = number.split(',').map(|part| part.trim().parse::<f64>().ok()).collect::<Option<Vec<_>>>()?;
    let degrees: f64 = parts.iter().zip([1.0, 60.0, 3600.0]).map(|(part, unit)| part / unit).sum();
    let sign = if text.ends_with(negative) { -1.0 } else { 1.0 };
    (number.len() < text.len() && degrees.is_finite()).then_some(sign * degrees)
}

/// Make and model in one; many models begin with the make already.
pub(crate) fn camera_name(make: &str, model: &str) -> String {
    let brand = make.split_whitespace().next().unwrap_or_default();
    let has_brand = model.get(..brand.len()).is_some_and(|start| start.eq_ignore_ascii_case(brand));
    let name = if has_brand && !model.is_empty() { model.to_owned() } else { format!("{make} {model}") };
    name.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(attributes: &str, elements: &str) -> String {
        format!(
            "<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='{RDF}'>\
             <rdf:Description rdf:about='' xmlns:xmp='{XMP}' xmlns:dc='{DC}' xmlns:exif='{EXIF}' xmlns:lr='{LIGHTROOM}' \
             xmlns:digiKam='{DIGIKAM}' xmlns:tiff='{TIFF}' xmlns:aux='{AUX}' {attributes}>{elements}</rdf:Description>\
             </rdf:RDF></x:xmpmeta><?xpacket end='w'?>"
        )
    }

    fn described(attributes: &str, elements: &str) -> Description {
        description(&packet_in(packet(attributes, elements).as_bytes()).unwrap())
    }

    #[test]
    fn what_people_noted_is_read_from_attributes_and_elements() {
        let list = |kind: &str, words: &[&str]| {
            let items: String =
                words.iter().map(|word| format!("<rdf:li xml:lang='x-default'>{word}</rdf:li>")).collect();
            format!("<rdf:{kind}>{items}</rdf:{kind}>")
        };
        let elements = format!(
            "<dc:subject>{}</dc:subject><lr:hierarchicalSubject>{}</lr:hierarchicalSubject><dc:description>{}</dc:description>",
            list("Bag", &["flowers", "Grandma&apos;s garden"]),
            list("Bag", &["Places|Berlin", "Nature|Flowers"]),
            list("Alt", &["Roses &amp; more"])
        );
        let Description { rating, keywords, caption, .. } = described("xmp:Rating='4'", &elements);
        assert_eq!((rating, caption.as_deref()), (Some(4), Some("Roses & more")));
        assert_eq!(keywords, ["flowers", "Grandma's garden", "Berlin"]);
        let in_elements = described(
            "",
            "<xmp:Rating>-1</xmp:Rating><digiKam:TagsList><rdf:Seq><rdf:li>a/b</rdf:li></rdf:Seq></digiKam:TagsList>",
        );
        assert_eq!((in_elements.rating, in_elements.keywords), (Some(-1), vec!["b".to_owned()]));
        assert_eq!(described("xmp:Rating='0'", "").rating, None);
    }

    #[test]
    fn what_cameras_know_is_read() {
        let known = described(
            "exif:DateTimeOriginal='2023-06-01T12:00:05.25+02:00' exif:GPSLatitude='52,31.2N' exif:GPSLongitude='13,24,30W' \
             tiff:Make='Canon' tiff:Model='Canon EOS R5' aux:Lens='RF50mm F1.8 STM'",
            "",
        );
        assert_eq!(known.taken_at.as_deref(), Some("2023-06-01T12:00:05+02:00"));
        let (latitude, longitude) = known.position.unwrap();
        assert!((latitude - 52.52).abs() < 1e-9 && (longitude + 13.408_333).abs() < 1e-5);
        assert_eq!((known.camera.as_deref(), known.lens.as_deref()), (Some("Canon EOS R5"), Some("RF50mm F1.8 STM")));
        assert_eq!(time("2023-06-01T12:00:05Z").as_deref(), Some("2023-06-01T12:00:05+00:00"));
        assert_eq!((time("2023-06-01"), time("0000-00-00T00:00:00")), (None, None));
        assert_eq!(time("2023-06-01T12:00:05+a2:00").as_deref(), Some("2023-06-01T12:00:05"));
    }

    #[test]
    fn nonsense_says_nothing() {
        for nonsense in ["", "<x:xmpmeta", "<x:xmpmeta></x:xmpmeta>", "<x:xmpmeta><a></b></x:xmpmeta>"] {
            let packet = packet_in(nonsense.as_bytes()).unwrap_or_default();
            assert_eq!(description(&packet), Description::default(), "{nonsense}");
        }
        let bomb = "<!DOCTYPE x [<!ENTITY a 'aaaa'>]><x:xmpmeta xmlns:x='adobe:ns:meta/'>&a;</x:xmpmeta>";
        assert_eq!(description(bomb), Description::default());
    }

    #[test]
    fn packets_that_would_take_hours_or_gigabytes_say_nothing_or_little() {
        let open: String = (0..20_000).map(|n| format!("<a xmlns:b{n}='{n}'>")).collect();
        assert_eq!(description(&format!("{open}{}", "</a>".repeat(20_000))), Description::default());
        let nested = "<dc:subject><rdf:Description>".repeat(20_000);
        let listed = "<rdf:Bag><rdf:li>a</rdf:li></rdf:Bag>".repeat(20_000);
        let closed = "</rdf:Description></dc:subject>".repeat(20_000);
        assert_eq!(described("", &format!("{nested}{listed}{closed}")), Description::default());
    }

    #[test]
    fn a_camera_names_its_make_once() {
        assert_eq!(camera_name("Apple", "iPhone 12"), "Apple iPhone 12");
        assert_eq!(camera_name("Canon", "Canon EOS 5D"), "Canon EOS 5D");
        assert_eq!(camera_name("NIKON CORPORATION", "NIKON D750"), "NIKON D750");
        assert_eq!(camera_name("", "X100V"), "X100V");
        assert_eq!(camera_name("Leica", ""), "Leica");
        assert_eq!(camera_name("", ""), "");
    }
}
