//! `foray search` and `foray similar`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use foray_protocol::{
    ImageId, PhotoSearch, ProblemKind, ProtocolError, SearchRequest, SearchResults, SimilarRequest, Spaces,
};

use crate::arguments::{FormatArguments, SearchArguments, SimilarArguments, SortArgument};
use crate::connection::Connection;
use crate::listing::{self, Line};
use crate::logging;
use crate::output::print_json;
use crate::settings::Settings;

pub fn search(settings: &Settings, arguments: SearchArguments) -> Result<()> {
    let connection = Connection::open(settings, "search", false)?;
    let library = connection.spaces();
    let search = connection.search(settings)?;
    let file = Path::new(&arguments.query);
    let SearchArguments { ref query, limit, filter, min_relevance, sort, dedupe, .. } = arguments;
    let results = if file.is_file() {
        if min_relevance > 0.0 || dedupe || !matches!(sort, SortArgument::Best) {
            bail!("--min-relevance, --sort and --dedupe go with a query of words or ids, not with the picture {query}");
        }
        search.search_by_image(&read(file)?, &SimilarRequest { limit, filter })?
    } else {
        let query = [query, filter.as_deref().unwrap_or_default()].join(" ");
        search.search(&SearchRequest {
            min_relevance,
            sort: sort.into(),
            dedupe,
            ..SearchRequest::new(query, limit)
        })?
    };
    if results.weaker > 0 {
        logging::notice(format!("{} weaker matches left out (--min-relevance {min_relevance})", results.weaker));
    }
    explain(arguments.explain, &results);
    print(settings, arguments.format, &results, library.as_ref())
}

pub fn similar(settings: &Settings, arguments: &SimilarArguments) -> Result<()> {
    let connection = Connection::open(settings, "similar", false)?;
    let library = connection.spaces();
    let request = SimilarRequest { limit: arguments.limit, filter: arguments.filter.clone() };
    let results = look_alikes(connection.search(settings)?.as_ref(), &arguments.image, &request)?;
    explain(arguments.explain, &results);
    print(settings, arguments.format, &results, library.as_ref())
}

/// What looks like `image`: a file, or `id:` with the first digits of a photo's id.
pub fn look_alikes(search: &dyn PhotoSearch, image: &Path, request: &SimilarRequest) -> Result<SearchResults> {
    match image.to_str().and_then(|text| text.strip_prefix("id:")) {
        Some(digits) => similar_to_id(search, digits, request),
        None => similar_to_file(search, image, request),
    }
}

/// Tells on standard error how the results were found.
fn explain(is_wanted: bool, results: &SearchResults) {
    if is_wanted {
        let plan = results.plan.as_deref().unwrap_or("photos that fulfil the filter, by path");
        logging::notice(format!("{plan}; {:.1} ms with the query's embedding", results.took_ms));
    }
}

fn similar_to_id(search: &dyn PhotoSearch, digits: &str, request: &SimilarRequest) -> Result<SearchResults> {
    if let Ok(id) = digits.parse::<ImageId>() {
        return Ok(search.similar(id, request)?);
    }
    let SimilarRequest { limit, filter } = request;
    // The start of an id is resolved by the search itself; the photo comes first then, and is left out.
    let request = SearchRequest::new(format!("id:{digits} {}", filter.as_deref().unwrap_or_default()), limit + 1);
    let mut results = search.search(&request)?;
    let digits = digits.to_ascii_lowercase();
    results.results.retain(|hit| !hit.photo.id.to_string().starts_with(&digits));
    results.results.truncate(*limit);
    Ok(results)
}

/// A photo of the library is left out of its own results; any other picture is embedded.
fn similar_to_file(search: &dyn PhotoSearch, file: &Path, request: &SimilarRequest) -> Result<SearchResults> {
    let content = read(file)?;
    match search.similar(ImageId::of_content(&content), request) {
        Err(ProtocolError::Refused(problem)) if problem.kind == ProblemKind::NotFound => {
            let unreadable = || format!("cannot use {}", file.display());
            search.search_by_image(&content, request).with_context(unreadable)
        }
        results => Ok(results?),
    }
}

fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("cannot read the image {}", file.display()))
}

fn print(settings: &Settings, format: FormatArguments, results: &SearchResults, library: &dyn Spaces) -> Result<()> {
    if format.json {
        return print_json(results);
    }
    listing::print(settings, format, results.results.iter().map(|hit| Line::of_photo(&hit.photo, hit.score, library)))
}
