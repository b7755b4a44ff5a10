//! `foray search` and `foray similar`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use foray_library::LibraryError;
use foray_protocol::{
    Explanation, Facet, ImageId, Neighbour, PhotoSearch, ProblemKind, ProtocolError, RELEVANT, SavedSearch, SearchName,
    SearchRequest, SearchResults, SimilarRequest, Spaces, TermShare,
};

use crate::arguments::{FormatArguments, SearchArguments, SimilarArguments, SortArgument};
use crate::connection::Connection;
use crate::input::picture;
use crate::listing::{self, Line};
use crate::logging;
use crate::output::print_json;
use crate::settings::Settings;

/// As many as people look at.
const SHOWN: usize = 10;

pub fn search(settings: &Settings, arguments: &SearchArguments) -> Result<()> {
    let connection = Connection::open(settings, "search", false)?;
    let library = connection.spaces();
    let search = connection.search(settings)?;
    if let Some(file) = picture(&arguments.query)? {
        let results = search_by_file(search.as_ref(), file, arguments)?;
        explain(arguments.explain, &results);
        return print(settings, arguments.format, &results, library.as_ref());
    }
    let request = request(search.as_ref(), arguments)?;
    let results = search.search(&request)?;
    if let Some(name) = &arguments.save {
        search.save_search(&SavedSearch { name: name.parse()?, search: request })?;
        logging::notice(format!("saved as {name:?}; `foray search --saved {name:?}` asks it again"));
    }
    if results.weaker > 0 {
        let why = match (&arguments.saved, arguments.relevant) {
            (Some(_), _) => "as the search was saved",
            (None, true) => "without --relevant they are shown",
            (None, false) => "without --min-relevance they are shown",
        };
        logging::notice(format!("{} weaker matches left out ({why})", results.weaker));
    }
    explain(arguments.explain, &results);
    print(settings, arguments.format, &results, library.as_ref())
}

/// What the command line asks, or the search that it names.
fn request(search: &dyn PhotoSearch, arguments: &SearchArguments) -> Result<SearchRequest> {
    let SearchArguments { query, filter, relevant, sort, dedupe, group, cursor, explain, .. } = arguments;
    let min_relevance = if *relevant { RELEVANT } else { arguments.min_relevance };
    let (cursor, explain) = (cursor.clone(), *explain);
    if let Some(name) = &arguments.saved {
        let saved = saved_search(search, name)?;
        let limit = arguments.limit.unwrap_or(saved.limit);
        return Ok(SearchRequest { cursor, explain, limit, ..saved });
    }
    let query = [query.as_str(), filter.as_deref().unwrap_or_default()].join(" ").trim().to_owned();
    Ok(SearchRequest {
        query,
        limit: arguments.limit.unwrap_or(SHOWN),
        cursor,
        like: photos(&arguments.like)?,
        unlike: photos(&arguments.unlike)?,
        min_relevance,
        sort: (*sort).into(),
        dedupe: *dedupe,
        group: group.map(Into::into),
        explain,
        ..SearchRequest::default()
    })
}

fn saved_search(search: &dyn PhotoSearch, name: &str) -> Result<SearchRequest> {
    let name: SearchName = name.parse()?;
    let saved = search.saved_searches()?.into_iter().find(|saved| saved.name == name);
    let missing = || LibraryError::NoSavedSearch(name.to_string());
    Ok(saved.ok_or_else(missing)?.search)
}

/// Photos as requests name them: by id. A file is named by its content's.
fn photos(named: &[String]) -> Result<Vec<String>> {
    let id = |name: &String| match Path::new(name) {
        file if file.is_file() => Ok(ImageId::of_content(&read(file)?).to_string()),
        _ => Ok(name.trim_start_matches("id:").to_owned()),
    };
    named.iter().map(id).collect()
}

fn search_by_file(search: &dyn PhotoSearch, file: &Path, arguments: &SearchArguments) -> Result<SearchResults> {
    let SearchArguments {
        limit, filter, relevant, min_relevance, sort, dedupe, group, save, cursor, like, unlike, ..
    } = arguments;
    let cuts = *relevant || *min_relevance > 0.0 || *dedupe;
    let orders = !matches!(sort, SortArgument::Best) || group.is_some();
    let goes_on = save.is_some() || cursor.is_some() || !like.is_empty() || !unlike.is_empty();
    if cuts || orders || goes_on {
        bail!(
            "only -n and --filter go with the picture {}; --relevant, --min-relevance, --sort, --dedupe, --group, --like, \
             --unlike, --cursor and --save want words, or a photo of the library as id:DIGITS",
            file.display()
        );
    }
    let request = SimilarRequest { limit: limit.unwrap_or(SHOWN), filter: filter.clone() };
    Ok(search.search_by_image(&read(file)?, &request)?)
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

/// What each term adds, and what the photo looks like, a line each.
fn words(explanation: &Explanation) -> String {
    let term = |TermShare { term, similarity, share, .. }: &TermShare| {
        format!("\n  {share:+.4}  {term} (similarity {similarity:.4})")
    };
    let neighbour = |Neighbour { path, score, .. }: &Neighbour| format!("\n  looks like {path} ({score:.4})");
    explanation.terms.iter().map(term).chain(explanation.neighbours.iter().map(neighbour)).collect()
}

/// Tells on standard error how the results were found.
fn explain(is_wanted: bool, results: &SearchResults) {
    if is_wanted {
        let plan = results.plan.as_deref().unwrap_or("photos that fulfil the filter, by path");
        logging::notice(format!("{plan}; {:.1} ms with the query's embedding", results.took_ms));
        for hit in &results.results {
            let Some(explanation) = &hit.explanation else { continue };
            logging::notice(format!("{} {:.4}{}", hit.photo.path, hit.score, words(explanation)));
        }
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
    let mut lines: Vec<Line<'_>> =
        results.results.iter().map(|hit| Line::of_photo(&hit.photo, hit.score, library)).collect();
    let mut first = 0;
    for Facet { value, count } in &results.groups {
        if let Some(line) = lines.get_mut(first) {
            line.begin_group(format!("{value} ({count})"));
        }
        first += count;
    }
    listing::print(settings, format, lines)
}
