//! Results in groups: photos of one day, month, year or folder stand together.

use std::collections::HashMap;

use foray_protocol::{Facet, GroupBy, Hit};

/// What photos without a date are gathered under.
const UNDATED: &str = "undated";

/// Puts `hits` together by what they share. Groups stand in the order of their first photos, and photos of a group as they stood.
pub(crate) fn gather(hits: &mut Vec<Hit>, by: GroupBy) -> Vec<Facet> {
    let mut groups: Vec<(String, Vec<Hit>)> = vec![];
    let mut places: HashMap<String, usize> = HashMap::new();
    for hit in hits.drain(..) {
        let value = group_of(&hit, by);
        let place = *places.entry(value.clone()).or_insert(groups.len());
        if place == groups.len() {
            groups.push((value, vec![]));
        }
        groups[place].1.push(hit);
    }
    let count = |(value, hits): &(String, Vec<Hit>)| Facet { value: value.clone(), count: hits.len() };
    let counts = groups.iter().map(count).collect();
    hits.extend(groups.into_iter().flat_map(|(_, hits)| hits));
    counts
}

fn group_of(hit: &Hit, by: GroupBy) -> String {
    // A date is written 2024-05-01T12:00:00.
    let date = |length: usize| {
        let taken_at = hit.photo.metadata.description.taken_at.as_deref();
        taken_at.and_then(|text| text.get(..length)).unwrap_or(UNDATED).to_owned()
    };
    match by {
        GroupBy::Day => date(10),
        GroupBy::Month => date(7),
        GroupBy::Year => date(4),
        GroupBy::Folder => {
            hit.photo.photo_path().as_path().parent().map(|folder| folder.display().to_string()).unwrap_or_default()
        }
    }
}

#[cfg(test)]
mod tests {
    use foray_protocol::{Description, ImageId, Photo, PhotoMetadata, PhotoPath};

    use super::*;

    fn hit(path: &str, taken_at: Option<&str>) -> Hit {
        let description = Description { taken_at: taken_at.map(str::to_owned), ..Description::default() };
        let metadata = PhotoMetadata { description, ..PhotoMetadata::default() };
        let photo = Photo::new(ImageId::of_content(path.as_bytes()), &[PhotoPath::from(path)], metadata);
        Hit::new(photo, 0.0, 0.0)
    }

    fn gathered(by: GroupBy) -> (Vec<String>, Vec<(String, usize)>) {
        let mut hits = vec![
            hit("/a/1.jpg", Some("2024-05-01T10:00:00")),
            hit("/b/2.jpg", None),
            hit("/b/3.jpg", Some("2024-05-02T10:00:00")),
            hit("/a/4.jpg", Some("2024-05-01T23:00:00+02:00")),
        ];
        let groups = gather(&mut hits, by);
        let paths = hits.into_iter().map(|hit| hit.photo.path).collect();
        (paths, groups.into_iter().map(|group| (group.value, group.count)).collect())
    }

    #[test]
    fn groups_stand_in_the_order_of_their_best_photos() {
        let counts = |groups: &[(&str, usize)]| groups.iter().map(|(v, n)| ((*v).to_owned(), *n)).collect::<Vec<_>>();
        let (paths, days) = gathered(GroupBy::Day);
        assert_eq!(paths, ["/a/1.jpg", "/a/4.jpg", "/b/2.jpg", "/b/3.jpg"]);
        assert_eq!(days, counts(&[("2024-05-01", 2), (UNDATED, 1), ("2024-05-02", 1)]));
        assert_eq!(gathered(GroupBy::Month).1, counts(&[("2024-05", 3), (UNDATED, 1)]));
        assert_eq!(gathered(GroupBy::Year).1, counts(&[("2024", 3), (UNDATED, 1)]));
        assert_eq!(gathered(GroupBy::Folder).1, counts(&[("/a", 2), ("/b", 2)]));
    }
}
