//! Immich's smart search: its request made one of ours, our results made its assets.

use std::collections::BTreeMap;

use actix_web::post;
use actix_web::web::{Data, Json};
use foray_library::LibraryError;
use foray_protocol::{Hit, ImageId, PhotoSearch, Problem, ProblemKind, ProtocolError, SearchRequest};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crate::api_error::{ApiError, blocking};
use crate::immich_asset::{Asset, asset_id};
use crate::refusals::{Conflict, NotFound, TooLarge};
use crate::service::SearchService;

/// As in Immich.
const PAGE: usize = 100;
const LARGEST_PAGE: usize = 1_000;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(search_smart);
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ImmichSmartSearch)]
struct SmartSearch {
    /// What the photos show, as queries are written here.
    query: Option<String>,
    /// A photo to search by, in the place of a query.
    query_asset_id: Option<Uuid>,
    /// From 1 on.
    #[schema(minimum = 1)]
    page: Option<usize>,
    /// Photos on a page; 100 unless said otherwise.
    #[schema(minimum = 1, maximum = 1_000)]
    size: Option<usize>,
    /// Whether replies have `exifInfo`.
    with_exif: Option<bool>,
    /// By the camera's clock; an offset is left aside.
    taken_after: Option<String>,
    /// By the camera's clock; an offset is left aside.
    taken_before: Option<String>,
    make: Option<String>,
    model: Option<String>,
    lens_model: Option<String>,
    city: Option<String>,
    state: Option<String>,
    country: Option<String>,
    rating: Option<i8>,
    /// Fields about what Foray does not have (albums, people, favourites) are taken only where they ask for nothing.
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ImmichSearchResponse)]
struct SearchResponse {
    albums: Albums,
    assets: Assets,
}

/// Foray has no albums.
#[derive(Default, Serialize, ToSchema)]
#[schema(as = ImmichAlbums)]
struct Albums {
    total: usize,
    count: usize,
    items: Vec<Value>,
    facets: Vec<Value>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ImmichAssets)]
#[serde(rename_all = "camelCase")]
struct Assets {
    /// The same as `count`, as in Immich.
    total: usize,
    /// Photos on this page.
    count: usize,
    items: Vec<Asset>,
    facets: Vec<Value>,
    /// The number of the next page, where there is one.
    next_page: Option<String>,
}

/// Immich's smart search
///
/// Ids are UUIDs made of the photos' ids. There are no owners: `ownerId` is the nil UUID. `checksum` is the photo's id in base64
/// (the beginning of a BLAKE3 hash, not SHA-1).
#[utoipa::path(
    tag = "compatible",
    request_body(content = SmartSearch, example = json!({"query": "a dog", "page": 1, "size": 20, "withExif": true})),
    responses((status = 200, description = "Photos, best first", body = SearchResponse), NotFound, Conflict, TooLarge),
)]
#[post("/smart")]
async fn search_smart(
    service: Data<SearchService>,
    request: Json<SmartSearch>,
) -> Result<Json<SearchResponse>, ApiError> {
    Ok(Json(blocking(move || search(&service, &request)).await?))
}

fn search(service: &SearchService, request: &SmartSearch) -> Result<SearchResponse, ProtocolError> {
    let (page, size) = request.paging()?;
    let found = service.search(&SearchRequest {
        offset: (page - 1).saturating_mul(size),
        filter: request.filter()?,
        ..SearchRequest::new(request.query_text(service)?, size)
    })?;
    let with_exif = request.with_exif.unwrap_or_default();
    let asset = |hit: &Hit| Asset::of(service.library().as_ref(), &hit.photo, with_exif);
    let items = found.results.iter().map(asset).collect::<Result<Vec<_>, _>>()?;
    let next_page = found.next.map(|_| (page + 1).to_string());
    let assets = Assets { total: items.len(), count: items.len(), items, facets: vec![], next_page };
    Ok(SearchResponse { albums: Albums::default(), assets })
}

impl SmartSearch {
    fn paging(&self) -> Result<(usize, usize), ProtocolError> {
        let (page, size) = (self.page.unwrap_or(1), self.size.unwrap_or(PAGE));
        if page == 0 || !(1..=LARGEST_PAGE).contains(&size) {
            let detail = format!("got page {page} of {size} photos; expected pages from 1 on, of 1 to {LARGEST_PAGE}");
            return Err(bad_request(detail));
        }
        Ok((page, size))
    }

    fn query_text(&self, service: &SearchService) -> Result<String, ProtocolError> {
        match (self.query.as_deref().map(str::trim), self.query_asset_id) {
            (Some(query), None) if !query.is_empty() => Ok(query.to_owned()),
            (None | Some(""), Some(asset)) => Ok(format!("id:{}", find(service, asset)?)),
            _ => Err(bad_request("expected either a query or a queryAssetId".to_owned())),
        }
    }

    /// What photos must fulfil, as [`foray_protocol::Filter::from_json`] reads it.
    fn filter(&self) -> Result<Option<Map<String, Value>>, ProtocolError> {
        if let Some((name, value)) = self.others.iter().find(|(name, value)| !asks_for_nothing(name, value)) {
            return Err(bad_request(format!("got {name} {value}; Foray cannot search by that: leave it out")));
        }
        let texts = [
            ("camera", &self.make),
            ("camera", &self.model),
            ("lens", &self.lens_model),
            ("place", &self.city),
            ("place", &self.state),
            ("place", &self.country),
        ];
        let texts = texts.into_iter().filter_map(|(field, text)| Some(json!({ field: { "like": text.as_ref()? } })));
        let times = [("gte", &self.taken_after), ("lt", &self.taken_before)];
        let times =
            times.into_iter().filter_map(|(test, time)| Some(json!({ "taken": { test: clock(time.as_ref()?) } })));
        let rating = self.rating.map(|stars| json!({ "rating": { "eq": stars } }));
        let all: Vec<Value> = texts.chain(times).chain(rating).collect();
        Ok((!all.is_empty()).then(|| Map::from_iter([("and".to_owned(), Value::from(all))])))
    }
}

/// Whether a filter is fulfilled by every photo here, or changes nothing.
fn asks_for_nothing(name: &str, value: &Value) -> bool {
    match name {
        "language" | "withDeleted" | "withPeople" | "withStacked" => true,
        "isFavorite" | "isArchived" | "isOffline" | "isMotion" | "isEncoded" => *value == Value::Bool(false),
        "isVisible" | "isNotInAlbum" => *value == Value::Bool(true),
        "personIds" | "tagIds" | "albumIds" => value.as_array().is_some_and(Vec::is_empty),
        "type" => value == "IMAGE",
        "visibility" => value == "timeline",
        _ => false,
    }
}

/// A time without fractions of a second and without an offset.
fn clock(time: &str) -> &str {
    time.get(..19).unwrap_or(time)
}

/// The photo of an asset's id: ids and UUIDs begin with the same 48 bits.
fn find(service: &SearchService, asset: Uuid) -> Result<ImageId, ProtocolError> {
    let found = service.library().find_photo(&asset.simple().to_string()[..12])?;
    if asset_id(found) == asset { Ok(found) } else { Err(LibraryError::NoPhoto(asset.to_string()).into()) }
}

fn bad_request(detail: String) -> ProtocolError {
    Problem::new(ProblemKind::BadRequest, detail).into()
}

#[cfg(test)]
mod tests {
    use foray_protocol::Filter;

    use super::*;

    fn filter(request: Value) -> Result<Option<Map<String, Value>>, ProtocolError> {
        serde_json::from_value::<SmartSearch>(request).unwrap().filter()
    }

    #[test]
    fn filters_become_ours() {
        let asked = json!({
            "query": "x", "make": "Canon", "model": "EOS R5", "lensModel": "50mm", "city": "Berlin", "country": "Germany",
            "takenAfter": "2023-06-01T00:00:00.000Z", "takenBefore": "2023-09", "rating": 4
        });
        let object = filter(asked).unwrap().unwrap();
        assert_eq!(object["and"].as_array().unwrap().len(), 8);
        assert!(Filter::from_json(&object).is_ok(), "{object:?}");
        assert_eq!(filter(json!({ "query": "x" })).unwrap(), None);
    }

    #[test]
    fn what_foray_does_not_have_is_refused_where_it_would_change_the_answer() {
        let harmless = json!({
            "type": "IMAGE", "isFavorite": false, "visibility": "timeline", "language": "de", "personIds": [], "isNotInAlbum": true
        });
        assert_eq!(filter(harmless).unwrap(), None);
        for (name, value) in
            [("type", json!("VIDEO")), ("isFavorite", json!(true)), ("personIds", json!(["x"])), ("ocr", json!("x"))]
        {
            let refused = filter(json!({ name: value })).unwrap_err().to_string();
            assert!(refused.contains(name), "{refused}");
        }
    }
}
