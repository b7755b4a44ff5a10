//! `foray search` and `foray similar`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use foray_protocol::{
    ImageId, PhotoSearch, ProblemKind, ProtocolError, RELEVANT, SearchRequest, SearchResults, SimilarRequest,
};

use crate::arguments::{FormatArguments, SearchArguments, SimilarArguments, SortArgument};
use crate::connection::Connection;
use crate::output::{print_json, print_scored};
use crate::settings::Settings;

pub fn search(settings: &Settings, arguments: SearchArguments) -> Result<()> {
    let search = Connection::open(settings, "search", false)?.search(settings)?;
    let file = Path::new(&arguments.query);
    let SearchArguments { ref query, limit, filter, relevant, sort, dedupe, .. } = arguments;
    let min_relevance = if relevant { RELEVANT } else { arguments.min_relevance };
    let results = if file.is_file() {
        if min_relevance > 0.0 || dedupe || !matches!(sort, SortArgument::Best) {
            bail!(
                "--relevant, --min-relevance, --sort and --dedupe go with a query of words or ids, not with the picture {query}"
            );
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
        let option = if relevant { "--relevant" } else { "--min-relevance" };
        eprintln!("{} weaker matches left out (without {option} they are shown)", results.weaker);
    }
    explain(arguments.explain, &results);
    print(arguments.format, &results)
}

pub fn similar(settings: &Settings, arguments: &SimilarArguments) -> Result<()> {
    let search = Connection::open(settings, "similar", false)?.search(settings)?;
    let request = SimilarRequest { limit: arguments.limit, filter: arguments.filter.clone() };
    let id = arguments.image.to_str().and_then(|text| text.strip_prefix("id:"));
    let results = match id {
        Some(digits) => similar_to_id(search.as_ref(), digits, &request)?,
        None => similar_to_file(search.as_ref(), &arguments.image, &request)?,
    };
    explain(arguments.explain, &results);
    print(arguments.format, &results)
}

/// Tells on standard error how the results were found.
fn explain(is_wanted: bool, results: &SearchResults) {
    if is_wanted {
        let plan = results.plan.as_deref().unwrap_or("photos that fulfil the filter, by path");
        eprintln!("{plan}; {:.1} ms with the query's embedding", results.took_ms);
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

fn print(format: FormatArguments, results: &SearchResults) -> Result<()> {
    if format.json {
        return print_json(results);
    }
    print_scored(format, results.results.iter().map(|hit| (hit.score, hit.photo.photo_path())))
}
