//! The contracts of `Ingest`, `PhotoSearch` and `EmbeddingCache`, run on both implementations of each: the library in this process, and the client
//! against a real server.
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use foray_embedding::{BackendOptions, Embedder, Model};
use foray_library::{Library, OpenOptions};
use foray_protocol::{
    Change, Client, DuplicateKind, DuplicatesRequest, EmbeddingCache, FileFacts, FileMark, ImageId, IndexPhase,
    IndexProgress, Ingest, IngestBatch, NewPhoto, PerceptualHash, PhotoMetadata, PhotoPath, PhotoSearch, Problem,
    ProblemKind, ProtocolError, RankRequest, Role, SavedSearch, SearchRequest, SimilarRequest, SpaceId, Token,
    UnitVector, UnusualKind, UnusualRequest,
};
use foray_server::{AccessRules, SearchService, Server, ServerHandle};

/// One library, reached in both ways in turn.
struct Stage {
    _folder: tempfile::TempDir,
    service: SearchService,
    url: String,
    handle: ServerHandle,
}

impl Stage {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = OpenOptions { create: true, ..OpenOptions::new(folder.path().join("library"), "test") };
        let library = Arc::new(Library::open(&options).unwrap());
        let embedder = Embedder::open(Model::builtin().unwrap(), &BackendOptions::default()).unwrap();
        let service = SearchService::new(library, Arc::new(embedder));
        let rules = AccessRules { tokens: vec![(token(), Role::Admin)], ..AccessRules::default() };
        let server = Server::bind(service.clone(), "127.0.0.1:0", rules, None).unwrap();
        let url = server.url().to_owned();
        let (send, receive) = mpsc::channel();
        thread::spawn(move || server.run(|handle| send.send(handle).unwrap()).unwrap());
        Self { _folder: folder, service, url, handle: receive.recv().unwrap() }
    }

    fn space(&self) -> SpaceId {
        self.service.embedder().get().space().clone()
    }

    /// A photo whose embedding is that of `words`, so that they find it.
    fn photo(&self, path: &PhotoPath, words: &str) -> Change {
        let vector = self.service.embedder().get().embed_text(words).unwrap();
        let metadata = PhotoMetadata { width: 4, height: 3, format: "jpeg".into(), ..PhotoMetadata::default() };
        let photo = NewPhoto { id: id(words), metadata, vector, thumbnail: vec![0xff, 0xd8] };
        Change::Added { file: facts(path), photo: Box::new(photo) }
    }

    fn batch(&self, changes: Vec<Change>) -> IngestBatch {
        IngestBatch { space: self.space(), changes }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.handle.stop();
    }
}

fn token() -> Token {
    "a token for the tests".replace(' ', "-").parse().unwrap()
}

fn id(words: &str) -> ImageId {
    ImageId::of_content(words.as_bytes())
}

fn facts(path: &PhotoPath) -> FileFacts {
    FileFacts { path: path.clone(), size: 7, modified_ns: -5, companions: 0 }
}

/// Runs `contract` on a fresh library in this process, then on another one behind a server.
fn on_both(contract: impl Fn(&Stage, &dyn Ingest, &dyn PhotoSearch)) {
    let here = Stage::new();
    contract(&here, here.service.library().as_ref(), &here.service);
    let served = Stage::new();
    let client = Client::new(&served.url, Some(&token()));
    contract(&served, &client, &client);
}

fn refusal<T: std::fmt::Debug>(result: Result<T, ProtocolError>) -> ProblemKind {
    match result.unwrap_err() {
        ProtocolError::Refused(problem) => problem.kind,
        error => panic!("not a refusal: {error}"),
    }
}

#[test]
fn what_was_committed_is_known_in_the_order_of_the_questions() {
    on_both(|stage, ingest, _| {
        let paths =
            [PhotoPath::from("/p/a.jpg"), PhotoPath::from_bytes(b"/p/b\xff.jpg"), PhotoPath::from("/p/none.jpg")];
        let failed = Change::Failed { file: facts(&paths[1]), reason: "it is empty".into() };
        let summary = ingest.commit(&stage.batch(vec![stage.photo(&paths[0], "a cat"), failed])).unwrap();
        assert_eq!((summary.photos_added, summary.files_removed), (1, 0));
        let known = ingest.known_files(&paths).unwrap();
        assert_eq!(known[0].as_ref().unwrap().outcome, Ok(id("a cat")));
        assert_eq!((known[0].as_ref().unwrap().size, known[0].as_ref().unwrap().modified_ns), (7, -5));
        assert_eq!(known[1].as_ref().unwrap().outcome, Err("it is empty".to_owned()));
        assert_eq!(known[2], None);
        let images = [id("a dog"), id("a cat")];
        assert_eq!(ingest.known_images(&stage.space(), &images).unwrap(), [false, true]);
        assert_eq!(ingest.known_images(&SpaceId::new("other", b""), &images).unwrap(), [false, false]);
        let under = ingest.files_under(&PhotoPath::from("/p"), None, 10).unwrap();
        assert_eq!(under.iter().map(|file| &file.path).collect::<Vec<_>>(), [&paths[0], &paths[1]]);
    });
}

#[test]
fn a_commit_is_all_or_nothing_and_may_be_repeated() {
    on_both(|stage, ingest, search| {
        let path = PhotoPath::from("/p/a.jpg");
        let good = stage.batch(vec![stage.photo(&path, "a cat")]);
        ingest.commit(&good).unwrap();
        assert_eq!(ingest.commit(&good).unwrap().photos_added, 0);
        let unknown = Change::Linked { file: facts(&PhotoPath::from("/p/b.jpg")), image: id("unknown") };
        let bad = stage.batch(vec![Change::Removed { path }, unknown]);
        assert_eq!(refusal(ingest.commit(&bad)), ProblemKind::NotFound);
        assert_eq!(search.status().unwrap().files, 1);
    });
}

#[test]
fn vectors_of_another_space_or_length_are_refused() {
    on_both(|stage, ingest, search| {
        ingest.commit(&stage.batch(vec![stage.photo(&PhotoPath::from("/p/a.jpg"), "a cat")])).unwrap();
        let mut other = stage.batch(vec![stage.photo(&PhotoPath::from("/p/b.jpg"), "a dog")]);
        other.space = SpaceId::new("other", b"");
        assert_eq!(refusal(ingest.commit(&other)), ProblemKind::WrongSpace);
        let mut short = stage.photo(&PhotoPath::from("/p/b.jpg"), "a dog");
        if let Change::Added { photo, .. } = &mut short {
            photo.vector = UnitVector::normalized(vec![1.0, 2.0]).unwrap();
        }
        assert_eq!(refusal(ingest.commit(&stage.batch(vec![short]))), ProblemKind::WrongSpace);
        assert_eq!(search.status().unwrap().photos, 1);
    });
}

#[test]
fn searches_find_what_was_committed() {
    on_both(|stage, ingest, search| {
        let words = ["a cat", "a red flower", "a steam locomotive"];
        let changes =
            words.iter().map(|words| stage.photo(&PhotoPath::from(format!("/p/{words}.jpg")), words)).collect();
        ingest.commit(&stage.batch(changes)).unwrap();
        for words in words {
            let request = SearchRequest::new(words, 3);
            let results = search.search(&request).unwrap().results;
            assert_eq!((results.len(), results[0].photo.id), (3, id(words)));
            assert!(results[0].score > 0.999);
        }
        let similar = search.similar(id("a cat"), &SimilarRequest::new(5)).unwrap().results;
        assert_eq!(similar.len(), 2);
        let ids = vec![id("a steam locomotive"), id("a red flower")];
        let ranked = search.rank(&RankRequest { query: "flower".into(), ids, paths: vec![] }).unwrap();
        assert_eq!(ranked[0].photo.id, id("a red flower"));
        let unusual = search
            .unusual(&UnusualRequest {
                limit: 2,
                offset: 1,
                neighbours: 1,
                kind: UnusualKind::Unique,
                hide_junk: false,
                filter: None,
            })
            .unwrap();
        assert_eq!((unusual.results.len(), unusual.neighbours), (2, 1));
        let request = UnusualRequest {
            limit: 3,
            offset: 0,
            neighbours: 1,
            kind: UnusualKind::Atypical,
            hide_junk: false,
            filter: None,
        };
        assert_eq!(search.unusual(&request).unwrap().results.len(), 3);
    });
}

/// Runs `contract` on a fresh library in this process, then on another one behind a server.
fn on_both_caches(contract: impl Fn(&Stage, &dyn Ingest, &dyn EmbeddingCache)) {
    let here = Stage::new();
    contract(&here, here.service.library().as_ref(), here.service.library().as_ref());
    let served = Stage::new();
    let client = Client::new(&served.url, Some(&token()));
    contract(&served, &client, &client);
}

#[test]
fn embeddings_of_strange_photos_are_remembered_by_space_and_content() {
    on_both_caches(|stage, ingest, cache| {
        let (space, other) = (stage.space(), SpaceId::new("other", b""));
        let mark = |path: &[u8], modified_ns| FileMark { path: PhotoPath::from_bytes(path), size: 7, modified_ns };
        let (image, vector) = (id("a heron"), UnitVector::normalized(vec![3.0, 4.0]).unwrap());
        let odd = mark(b"/elsewhere/\xff.jpg", -5);
        for _ in 0..2 {
            cache.remember(&space, &[(odd.clone(), image)], &[(image, vector.clone())]).unwrap();
        }
        assert_eq!(
            cache.contents_of(&[mark(b"/none.jpg", 1), odd, mark(b"/elsewhere/\xff.jpg", 6)]).unwrap(),
            [None, Some(image), None]
        );
        assert_eq!(cache.embeddings_of(&space, &[id("unknown"), image]).unwrap(), [None, Some(vector)]);
        assert_eq!(cache.embeddings_of(&other, &[image]).unwrap(), [None]);
        assert_eq!(stage.service.library().status().unwrap().photos, 0);
        assert_eq!((cache.contents_of(&[]).unwrap(), cache.embeddings_of(&space, &[]).unwrap()), (vec![], vec![]));

        let path = PhotoPath::from("/p/a.jpg");
        ingest.commit(&stage.batch(vec![stage.photo(&path, "a cat")])).unwrap();
        let own = FileMark { path, size: 7, modified_ns: -5 };
        assert_eq!(cache.contents_of(&[own]).unwrap(), [Some(id("a cat"))]);
        let embedding = cache.embeddings_of(&space, &[id("a cat")]).unwrap().remove(0).unwrap();
        assert!(embedding.cosine(&stage.service.embedder().get().embed_text("a cat").unwrap()) > 0.999);
    });
}

#[test]
fn duplicates_come_in_groups_and_pages() {
    on_both(|stage, ingest, search| {
        let path = |name: &str| PhotoPath::from(format!("/p/{name}.jpg"));
        let hash = |last: u8| PerceptualHash::from_bytes(std::array::from_fn(|at| if at == 31 { last } else { 0x5a }));
        let mut changes = vec![];
        for (name, words, last) in [("cat", "a cat", 0), ("small cat", "a small cat", 7), ("dog", "a dog", 1)] {
            let mut change = stage.photo(&path(name), words);
            if let Change::Added { photo, .. } = &mut change {
                photo.metadata.perceptual_hash = (name != "dog").then(|| hash(last));
            }
            changes.push(change);
        }
        changes.push(Change::Linked { file: facts(&path("dog (1)")), image: id("a dog") });
        ingest.commit(&stage.batch(changes)).unwrap();
        let ask = |kind, limit, offset| search.duplicates(&DuplicatesRequest { kind, limit, offset });
        let all = ask(None, 10, 0).unwrap();
        let kinds: Vec<_> = all.groups.iter().map(|group| (group.kind, group.keep.path.as_str())).collect();
        assert_eq!(kinds, [(DuplicateKind::Near, "/p/cat.jpg"), (DuplicateKind::Exact, "/p/dog.jpg")]);
        assert_eq!((all.total, all.freed_bytes), (2, 14));
        assert_eq!(all.groups[1].others[0].photo_path(), path("dog (1)"));
        assert_eq!(ask(None, 1, 1).unwrap().groups, all.groups[1..]);
        let near = ask(Some(DuplicateKind::Near), 10, 0).unwrap();
        assert_eq!((near.groups.as_slice(), near.total, near.freed_bytes), (&all.groups[..1], 1, 7));
        ingest.commit(&stage.batch(vec![Change::Removed { path: path("dog (1)") }])).unwrap();
        assert_eq!(ask(Some(DuplicateKind::Exact), 10, 0).unwrap().groups, []);
        assert_eq!(refusal(ask(None, 0, 0)), ProblemKind::BadRequest);
    });
}

#[test]
fn refusals_are_of_the_same_kind() {
    on_both(|_, _, search| {
        let query = |query: &str, limit| search.search(&SearchRequest::new(query, limit));
        assert_eq!(refusal(query("cat", 0)), ProblemKind::BadRequest);
        assert_eq!(Problem::from(query("\"open", 5).unwrap_err()).kind, ProblemKind::BadRequest);
        assert_eq!(refusal(search.similar(id("unknown"), &SimilarRequest::new(5))), ProblemKind::NotFound);
        assert_eq!(
            refusal(search.search_by_image(b"no picture", &SimilarRequest::new(5))),
            ProblemKind::UnreadableImage
        );
        assert_eq!(refusal(search.rank(&RankRequest::default())), ProblemKind::BadRequest);
    });
}

#[test]
fn pictures_failures_roots_and_progress_pass_through() {
    on_both(|stage, ingest, search| {
        let photo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/samples/animals/cat.jpg");
        let cat = stage.photo(&PhotoPath::from("/p/a.jpg"), "a cat");
        let failed = Change::Failed { file: facts(&PhotoPath::from("/p/b.jpg")), reason: "cut short".into() };
        ingest.commit(&stage.batch(vec![cat, failed])).unwrap();
        ingest.remember_roots(&[PhotoPath::from("/p")]).unwrap();
        ingest.report(&IndexProgress { phase: IndexPhase::Watching, found: 3, ..IndexProgress::default() });
        let found = search.search_by_image(&std::fs::read(photo).unwrap(), &SimilarRequest::new(1)).unwrap();
        assert_eq!(found.results[0].photo.id, id("a cat"));
        assert_eq!(search.failures().unwrap()[0].reason, "cut short");
        let status = search.status().unwrap();
        assert_eq!((status.roots, status.failed), (vec![PhotoPath::from("/p")], 1));
        assert_eq!(status.progress.map(|progress| (progress.phase, progress.found)), Some((IndexPhase::Watching, 3)));
    });
}

#[test]
fn saved_searches_are_kept_asked_and_forgotten() {
    on_both(|stage, ingest, search| {
        let path = PhotoPath::from("/p/a.jpg");
        ingest.commit(&stage.batch(vec![stage.photo(&path, "a cat")])).unwrap();
        let named = |name: &str| name.parse().unwrap();
        let request =
            SearchRequest { dedupe: true, limit: 3, like: vec![id("a cat").to_string()], ..SearchRequest::default() };
        for name in ["Été / 2024", ""] {
            assert!(name.parse::<foray_protocol::SearchName>().is_err());
        }
        let saved = |name: &str| SavedSearch { name: named(name), search: request.clone() };
        search.save_search(&saved("Été 100 %")).unwrap();
        search.save_search(&saved("cats")).unwrap();
        let renewed = SavedSearch { search: SearchRequest::new("a dog", 10), ..saved("cats") };
        search.save_search(&renewed).unwrap();
        assert_eq!(search.saved_searches().unwrap(), [renewed, saved("Été 100 %")]);
        let nonsense = SavedSearch { search: SearchRequest::new("cat + 0:dog", 10), ..saved("cats") };
        let refused = Problem::from(search.save_search(&nonsense).unwrap_err());
        assert_eq!(refused.kind, ProblemKind::BadRequest);
        let beyond = SavedSearch {
            search: SearchRequest { min_relevance: -1.0, ..SearchRequest::new("x", 1) },
            ..saved("cats")
        };
        assert_eq!(refusal(search.save_search(&beyond)), ProblemKind::BadRequest);
        search.forget_search(&named("Été 100 %")).unwrap();
        assert_eq!(refusal(search.forget_search(&named("Été 100 %"))), ProblemKind::NotFound);
        assert_eq!(search.saved_searches().unwrap().len(), 1);
    });
}

#[test]
fn pages_explanations_and_feedback_are_the_same_here_and_there() {
    on_both(|stage, ingest, search| {
        let words = ["a cat", "a dog", "a red car", "the sea", "a mushroom"];
        let photo = |words: &&str| stage.photo(&PhotoPath::from(format!("/p/{words}.jpg")), words);
        ingest.commit(&stage.batch(words.iter().map(photo).collect())).unwrap();
        let first = SearchRequest { explain: true, ..SearchRequest::new("a cat + 0.5:a dog", 2) };
        let page = search.search(&first).unwrap();
        for hit in &page.results {
            let explanation = hit.explanation.as_ref().unwrap();
            let sum: f32 = explanation.terms.iter().map(|term| term.share).sum();
            assert!((sum - hit.score).abs() < 1e-5, "{sum} {}", hit.score);
            assert_eq!((explanation.terms[1].weight, explanation.neighbours.len()), (0.5, 3));
        }
        let rest = SearchRequest { cursor: page.next.clone(), limit: 10, ..first };
        let rest = search.search(&rest).unwrap();
        assert_eq!((rest.results.len(), rest.next), (3, None));
        let other = SearchRequest { cursor: page.next, ..SearchRequest::new("the sea", 2) };
        assert_eq!(refusal(search.search(&other)), ProblemKind::BadRequest);
        let (like, unlike) = (vec![id("the sea").to_string()], vec![id("a cat").to_string()]);
        let drawn = search.search(&SearchRequest { like, unlike, ..SearchRequest::new("a dog", 10) }).unwrap();
        let found: Vec<_> = drawn.results.iter().map(|hit| hit.photo.id).collect();
        assert!(found.len() == 4 && !found.contains(&id("a cat")) && found[..2].contains(&id("the sea")), "{found:?}");
        let unknown = SearchRequest { like: vec!["00".repeat(16)], ..SearchRequest::default() };
        assert_eq!(refusal(search.search(&unknown)), ProblemKind::NotFound);
    });
}

#[test]
fn a_server_learns_in_the_background_what_queries_compete_with() {
    let stage = Stage::new();
    let number =
        |number: u32| stage.photo(&PhotoPath::from(format!("/p/{number}.jpg").as_str()), &format!("photo {number}"));
    stage.service.library().commit(&stage.batch((0..100).map(number).collect())).unwrap();
    let client = Client::new(&stage.url, Some(&token()));
    let relevance = |min_relevance: f32| {
        let request = SearchRequest { min_relevance, ..SearchRequest::new("photo 7", 1) };
        client.search(&request).unwrap().results[0].relevance
    };
    let by_the_library = relevance(0.0);
    let begun = Instant::now();
    while relevance(0.0) == by_the_library {
        assert!(begun.elapsed() < Duration::from_secs(300), "the concepts were not embedded");
        thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(relevance(0.0), relevance(0.001));
}
