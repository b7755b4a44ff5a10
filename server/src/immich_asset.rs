//! A photo in the shape of Immich's assets.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use foray_library::Store;
use foray_protocol::{Description, ImageId, KnownFile, Photo, PhotoMetadata, ProtocolError};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::{Builder, Uuid};

/// The id of a photo's asset: its own with the six bits that make it a UUID of version 4, which Immich's clients expect.
pub(crate) fn asset_id(photo: ImageId) -> Uuid {
    Builder::from_random_bytes(*photo.as_bytes()).into_uuid()
}

/// A photo. What Foray does not know of favourites, archives and trash is so of every photo.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ImmichAsset)]
pub(crate) struct Asset {
    id: Uuid,
    /// `IMAGE`.
    r#type: &'static str,
    owner_id: Uuid,
    original_path: String,
    original_file_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    original_mime_type: Option<String>,
    checksum: String,
    width: u32,
    height: u32,
    thumbhash: Option<String>,
    duration: Option<String>,
    /// When it was taken; when its file was last changed, where it does not say.
    #[schema(format = DateTime)]
    file_created_at: String,
    /// When its file was last changed.
    #[schema(format = DateTime)]
    file_modified_at: String,
    /// When it was taken by the camera's clock, as if that were in Greenwich.
    #[schema(format = DateTime)]
    local_date_time: String,
    /// When it came into the library.
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
    /// `timeline`.
    visibility: &'static str,
    has_metadata: bool,
    is_favorite: bool,
    is_archived: bool,
    is_edited: bool,
    is_offline: bool,
    is_trashed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    exif_info: Option<ExifInfo>,
}

/// What its files say of it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ImmichExifInfo)]
struct ExifInfo {
    /// Make and model stand together in `model`.
    make: Option<String>,
    model: Option<String>,
    lens_model: Option<String>,
    exif_image_width: u32,
    exif_image_height: u32,
    file_size_in_byte: Option<u64>,
    #[schema(format = DateTime)]
    date_time_original: Option<String>,
    time_zone: Option<String>,
    latitude: Option<f64>,
    longitude: Option<f64>,
    city: Option<String>,
    state: Option<String>,
    country: Option<String>,
    description: Option<String>,
    rating: Option<i8>,
}

impl Asset {
    /// The asset of `photo`, with what the library noted of its file.
    pub fn of(library: &dyn Store, photo: &Photo, with_exif: bool) -> Result<Self, ProtocolError> {
        let file = library.known_files(&[photo.photo_path()])?.pop().flatten();
        let indexed_at =
            library.indexed_at(photo.id)?.and_then(|seconds| Timestamp::from_second(seconds.cast_signed()).ok());
        let modified = file.as_ref().and_then(|file| Timestamp::from_nanosecond(file.modified_ns.into()).ok());
        let modified = modified.or(indexed_at).unwrap_or(Timestamp::UNIX_EPOCH);
        let indexed = indexed_at.unwrap_or(modified);
        let description = &photo.metadata.description;
        let taken = description.taken_at.as_deref().and_then(Taken::parse);
        Ok(Self {
            id: asset_id(photo.id),
            r#type: "IMAGE",
            owner_id: Uuid::nil(),
            original_file_name: file_name(&photo.path),
            original_path: photo.path.clone(),
            original_mime_type: mime_type(&photo.metadata.format),
            checksum: STANDARD.encode(photo.id.as_bytes()),
            width: photo.metadata.width,
            height: photo.metadata.height,
            thumbhash: None,
            duration: None,
            file_created_at: in_milliseconds(taken.as_ref().map_or(modified, |taken| taken.at)),
            file_modified_at: in_milliseconds(modified),
            local_date_time: in_milliseconds(taken.as_ref().map_or(modified, |taken| taken.on_the_clock)),
            created_at: in_milliseconds(indexed),
            updated_at: in_milliseconds(indexed.max(modified)),
            visibility: "timeline",
            has_metadata: true,
            is_favorite: false,
            is_archived: false,
            is_edited: false,
            is_offline: false,
            is_trashed: false,
            exif_info: with_exif.then(|| ExifInfo::of(&photo.metadata, file.as_ref(), taken.as_ref())),
        })
    }
}

impl ExifInfo {
    fn of(metadata: &PhotoMetadata, file: Option<&KnownFile>, taken: Option<&Taken>) -> Self {
        let Description { camera, lens, position, place, rating, caption, .. } = &metadata.description;
        let place = place.as_deref().map(|place| place.rsplit_once(", ").unwrap_or((place, "")));
        Self {
            make: None,
            model: camera.clone(),
            lens_model: lens.clone(),
            exif_image_width: metadata.width,
            exif_image_height: metadata.height,
            file_size_in_byte: file.map(|file| file.size),
            date_time_original: taken.map(|taken| in_milliseconds(taken.at)),
            time_zone: taken.and_then(|taken| taken.offset).map(|offset| format!("UTC{offset}")),
            latitude: position.map(|(latitude, _)| latitude),
            longitude: position.map(|(_, longitude)| longitude),
            city: place.map(|(city, _)| city.to_owned()),
            state: None,
            country: place.map(|(_, country)| country.to_owned()).filter(|country| !country.is_empty()),
            description: caption.clone(),
            rating: *rating,
        }
    }
}

/// When a photo was taken.
struct Taken {
    at: Timestamp,
    /// What the camera's clock showed, as if it were in Greenwich.
    on_the_clock: Timestamp,
    offset: Option<Offset>,
}

impl Taken {
    /// Reads `2023-06-01T12:00:00`, with an offset or without.
    fn parse(text: &str) -> Option<Self> {
        let clock: DateTime = text.get(..19)?.parse().ok()?;
        let on_the_clock = Offset::UTC.to_timestamp(clock).ok()?;
        let at = text.parse().unwrap_or(on_the_clock);
        let difference = on_the_clock.duration_since(at).as_secs();
        let offset = i32::try_from(difference).ok().and_then(|seconds| Offset::from_seconds(seconds).ok());
        Some(Self { at, on_the_clock, offset: offset.filter(|_| text.len() > 19) })
    }
}

fn in_milliseconds(time: Timestamp) -> String {
    format!("{time:.3}")
}

fn file_name(path: &str) -> String {
    let name = Path::new(path).file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// RAW files have no type of their own.
fn mime_type(format: &str) -> Option<String> {
    (format != "raw").then(|| format!("image/{format}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_uuids_of_version_4_that_begin_as_the_photos_do() {
        let photo = ImageId::of_content(b"a photo");
        let asset = asset_id(photo);
        assert_eq!((asset.get_version_num(), asset.get_variant()), (4, uuid::Variant::RFC4122));
        assert_eq!(asset.simple().to_string()[..12], photo.to_string()[..12]);
    }

    #[test]
    fn times_are_told_with_and_without_an_offset() {
        let taken = Taken::parse("2023-06-01T12:00:00+02:00").unwrap();
        assert_eq!(in_milliseconds(taken.at), "2023-06-01T10:00:00.000Z");
        assert_eq!(in_milliseconds(taken.on_the_clock), "2023-06-01T12:00:00.000Z");
        assert_eq!(taken.offset.unwrap().to_string(), "+02");
        let without = Taken::parse("2023-06-01T12:00:00").unwrap();
        assert_eq!(without.at, without.on_the_clock);
        assert_eq!(without.offset, None);
        assert!(Taken::parse("yesterday").is_none());
    }
}
