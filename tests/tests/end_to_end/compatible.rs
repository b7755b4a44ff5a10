//! Shapes of other programs: Immich's smart search and machine learning, Roboflow's CLIP. What is sent and what comes back is held
//! against `shapes/`, which states the facts of their documented interfaces.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use foray_tests::versions::write_shot;
use foray_tests::{Reply, Sandbox, ServerProcess, get, post_bytes, post_json};
use serde_json::{Value, json};

const IMMICH_REQUEST: &str = include_str!("shapes/immich_search_request.json");
const IMMICH_REPLY: &str = include_str!("shapes/immich_search_reply.json");
const ROBOFLOW: &str = include_str!("shapes/roboflow_compare.json");

fn serve_samples() -> (Sandbox, ServerProcess) {
    let sandbox = Sandbox::with_samples();
    let photo = image::open(&sandbox.photo_files()[0]).unwrap().into_rgb8();
    write_shot(&photo, "Canon R5", "2023:06:01 12:00:00", &sandbox.photos().join("shot.jpg"));
    sandbox.index();
    let server = ServerProcess::start(&sandbox, ["serve"]);
    (sandbox, server)
}

#[track_caller]
fn has_shape(value: &Value, schema: &Value) {
    let validator = jsonschema::draft202012::new(schema).unwrap();
    let mistakes: Vec<String> = validator.iter_errors(value).map(|error| error.to_string()).collect();
    assert!(mistakes.is_empty(), "{mistakes:?} in {value}");
}

fn shape(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// One of the shapes in a file of several.
fn shape_of(text: &str, name: &str) -> Value {
    let mut all = shape(text);
    all["$ref"] = json!(format!("#/$defs/{name}"));
    all
}

#[track_caller]
fn smart_search(server: &ServerProcess, request: &Value) -> Value {
    has_shape(request, &shape(IMMICH_REQUEST));
    let reply = post_json(&server.url("/api/search/smart"), request);
    assert_eq!(reply.status, 200, "{reply:?}");
    has_shape(&reply.json(), &shape(IMMICH_REPLY));
    reply.json()
}

fn paths(reply: &Value) -> Vec<&str> {
    let items = reply["assets"]["items"].as_array().unwrap();
    items.iter().map(|asset| asset["originalPath"].as_str().unwrap()).collect()
}

#[test]
fn immichs_smart_search_finds_what_ours_finds() {
    let (sandbox, server) = serve_samples();
    let ours = server.api("/search?q=a+cat&limit=100");
    let ours: Vec<&str> = ours["results"].as_array().unwrap().iter().map(|hit| hit["path"].as_str().unwrap()).collect();
    let all = smart_search(&server, &json!({ "query": "a cat" }));
    assert_eq!(paths(&all), ours);
    assert_eq!((&all["assets"]["nextPage"], &all["assets"]["count"]), (&Value::Null, &json!(ours.len())));
    let first = smart_search(&server, &json!({ "query": "a cat", "size": 4, "language": "en", "type": "IMAGE" }));
    assert_eq!((paths(&first), &first["assets"]["nextPage"]), (ours[..4].to_vec(), &json!("2")));
    let second = smart_search(&server, &json!({ "query": "a cat", "size": 4, "page": 2 }));
    assert_eq!(paths(&second), ours[4..8]);
    let last = smart_search(&server, &json!({ "query": "a cat", "size": ours.len(), "page": 1 }));
    assert_eq!(last["assets"]["nextPage"], Value::Null);
    let asset = &all["assets"]["items"][0];
    let file = fs::metadata(asset["originalPath"].as_str().unwrap()).unwrap();
    assert!(asset["originalPath"].as_str().unwrap().ends_with(asset["originalFileName"].as_str().unwrap()));
    assert!(asset.get("exifInfo").is_none());
    let with_exif = smart_search(&server, &json!({ "query": "a cat", "size": 1, "withExif": true }));
    assert_eq!(with_exif["assets"]["items"][0]["exifInfo"]["fileSizeInByte"], file.len());
    let same = smart_search(&server, &json!({ "queryAssetId": asset["id"], "size": 1 }));
    assert_eq!(paths(&same), [asset["originalPath"].as_str().unwrap()]);
    drop(sandbox);
}

#[test]
fn immichs_filters_are_fulfilled_or_refused() {
    let (_sandbox, server) = serve_samples();
    let asked = json!({
        "query": "a photo", "make": "Canon", "model": "R5", "takenAfter": "2023-06-01T00:00:00.000Z",
        "takenBefore": "2023-06-02T00:00:00.000Z", "withExif": true, "isFavorite": false, "visibility": "timeline", "personIds": []
    });
    let found = smart_search(&server, &asked);
    let [shot] = found["assets"]["items"].as_array().unwrap().as_slice() else { panic!("{found}") };
    assert_eq!(shot["originalFileName"], "shot.jpg");
    assert_eq!(
        (&shot["localDateTime"], &shot["exifInfo"]["model"]),
        (&json!("2023-06-01T12:00:00.000Z"), &json!("Canon R5"))
    );
    assert!(paths(&smart_search(&server, &json!({ "query": "a photo", "takenAfter": "2024" }))).is_empty());
    let refused =
        |request: Value, words: &str| post_json(&server.url("/api/search/smart"), &request).is_problem(400, words);
    refused(json!({ "query": "a cat", "isFavorite": true }), "isFavorite");
    refused(json!({ "query": "a cat", "type": "VIDEO" }), "type");
    refused(json!({ "query": "a cat", "size": 1_001 }), "1000");
    refused(json!({ "query": "a cat", "page": 0 }), "page 0");
    refused(json!({}), "queryAssetId");
    let nobody = json!({ "queryAssetId": "00000000-0000-4000-8000-000000000000" });
    post_json(&server.url("/api/search/smart"), &nobody).is_problem(404, "no photo");
}

fn in_base64(content: &[u8]) -> Value {
    json!({ "type": "base64", "value": STANDARD.encode(content) })
}

fn near(similarity: &Value, expected: f64) -> bool {
    (similarity.as_f64().unwrap() - expected).abs() < 1e-4
}

#[test]
fn roboflows_comparison_takes_texts_and_pictures_in_all_its_shapes() {
    let (_sandbox, server) = serve_samples();
    let url = server.url("/clip/compare");
    let compare = |request: Value| {
        has_shape(&request, &shape_of(ROBOFLOW, "compare_request"));
        let reply = post_json(&url, &request);
        assert_eq!(reply.status, 200, "{reply:?}");
        has_shape(&reply.json(), &shape_of(ROBOFLOW, "compare_reply"));
        reply.json()["similarity"].clone()
    };
    let hit = server.api("/search?q=a+cat&limit=1")["results"][0].clone();
    let cat = in_base64(&fs::read(hit["path"].as_str().unwrap()).unwrap());
    let listed = compare(json!({ "subject": cat, "prompt": ["a cat", "a ship"], "api_key": "none of ours" }));
    assert!(near(&listed[0], hit["score"].as_f64().unwrap()), "{listed} for {hit}");
    assert!(listed[0].as_f64() > listed[1].as_f64());
    let single = compare(json!({ "subject": cat, "subject_type": "image", "prompt": "a cat", "prompt_type": "text" }));
    assert_eq!(single, json!([listed[0]]));
    let named = compare(json!({ "subject": cat, "prompt": { "ship": "a ship", "cat": "a cat" } }));
    assert_eq!(named, json!({ "cat": listed[0], "ship": listed[1] }));
    let turned =
        compare(json!({ "subject": "a cat", "subject_type": "text", "prompt": [cat, cat], "prompt_type": "image" }));
    assert!(near(&turned[1], listed[0].as_f64().unwrap()));
    let itself = compare(json!({ "subject": cat, "prompt": cat, "prompt_type": "image" }));
    assert!(near(&itself[0], 1.0));
    let data = format!("data:image/jpeg;base64,{}", cat["value"].as_str().unwrap());
    assert_eq!(compare(json!({ "subject": { "type": "base64", "value": data }, "prompt": "a cat" })), single);
}

#[test]
fn roboflows_embeddings_are_vectors_of_length_1() {
    let (sandbox, server) = serve_samples();
    let embed = |path: &str, request: Value| {
        let reply = post_json(&server.url(path), &request);
        assert_eq!(reply.status, 200, "{reply:?}");
        has_shape(&reply.json(), &shape_of(ROBOFLOW, "embed_reply"));
        reply.json()["embeddings"].clone()
    };
    let texts = embed("/clip/embed_text", json!({ "text": ["a cat", "a dog"] }));
    assert_eq!(texts.as_array().unwrap().len(), 2);
    assert_eq!(embed("/clip/embed_text", json!({ "text": "a cat" }))[0], texts[0]);
    let picture = in_base64(&fs::read(&sandbox.photo_files()[0]).unwrap());
    let pictures = embed("/clip/embed_image", json!({ "image": [picture, picture] }));
    assert_eq!(pictures[0], pictures[1]);
    for vector in [&texts[0], &pictures[0]] {
        let length: f64 = vector.as_array().unwrap().iter().map(|x| x.as_f64().unwrap().powi(2)).sum();
        assert!((length - 1.0).abs() < 1e-4, "{length}");
    }
}

#[test]
fn roboflows_pictures_are_never_fetched_and_mistakes_are_named() {
    let (_sandbox, server) = serve_samples();
    let refused = |request: Value| post_json(&server.url("/clip/compare"), &request);
    let picture = |form: &str, value: &str| json!({ "subject": { "type": form, "value": value }, "prompt": "a cat" });
    refused(picture("url", "http://169.254.169.254/")).is_problem(400, "fetches no pictures");
    refused(picture("numpy", "gASV")).is_problem(400, "base64");
    refused(picture("base64", "%")).is_problem(400, "base64");
    refused(picture("base64", "bm8gcGljdHVyZQ==")).is_problem(422, "picture");
    refused(json!({ "subject": "a cat", "prompt": "a dog" })).is_problem(400, "subject");
    refused(json!({ "subject": "a cat", "subject_type": "text", "prompt": [] })).is_problem(400, "1 to 100");
    let other = json!({ "subject": "a cat", "subject_type": "text", "prompt": "x", "clip_version_id": "RN50" });
    refused(other).is_problem(409, "\"builtin\" loaded");
}

fn predict(server: &ServerProcess, fields: &[(&str, &[u8])]) -> Reply {
    let mut form = vec![];
    for (name, content) in fields {
        let file = if *name == "image" { "; filename=\"blob\"\r\nContent-Type: application/octet-stream" } else { "" };
        form.extend(format!("--X\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").bytes());
        form.extend(*content);
        form.extend(b"\r\n");
    }
    form.extend(b"--X--\r\n");
    post_bytes(&server.url("/predict"), "multipart/form-data; boundary=X", &form)
}

fn entries(task: &str, part: &str, model: &str) -> Vec<u8> {
    json!({ task: { part: { "modelName": model, "options": { "language": "en" } } } }).to_string().into_bytes()
}

#[test]
fn immichs_machine_learning_gives_the_vectors_that_searches_use() {
    let (sandbox, server) = serve_samples();
    let pong = get(&server.url("/ping"));
    assert_eq!((pong.status, &pong.body[..]), (200, &b"pong"[..]));
    let vector = |reply: &Reply| -> Vec<f64> {
        assert_eq!(reply.status, 200, "{reply:?}");
        serde_json::from_str(reply.json()["clip"].as_str().unwrap()).unwrap()
    };
    let text = predict(&server, &[("entries", &entries("clip", "textual", "builtin")), ("text", b"a cat")]);
    assert!(text.json().get("imageWidth").is_none());
    let hit = server.api("/search?q=a+cat&limit=1")["results"][0].clone();
    let content = fs::read(hit["path"].as_str().unwrap()).unwrap();
    let picture = predict(&server, &[("entries", &entries("clip", "visual", "builtin")), ("image", &content)]);
    assert_eq!((&picture.json()["imageWidth"], &picture.json()["imageHeight"]), (&hit["width"], &hit["height"]));
    let cosine: f64 = vector(&text).iter().zip(vector(&picture)).map(|(a, b)| a * b).sum();
    assert!((cosine - hit["score"].as_f64().unwrap()).abs() < 1e-4, "{cosine} for {hit}");
    drop(sandbox);
}

#[test]
fn immichs_other_tasks_and_models_are_refused_by_name() {
    let (_sandbox, server) = serve_samples();
    let text = |entries: &[u8]| predict(&server, &[("entries", entries), ("text", b"a cat")]);
    text(&entries("clip", "textual", "ViT-B-32__openai")).is_problem(409, "\"builtin\" loaded");
    text(&entries("facial-recognition", "detection", "buffalo_l")).is_problem(400, "facial-recognition");
    text(&entries("ocr", "detection", "PP-OCRv5_mobile")).is_problem(400, "clip alone");
    text(&entries("clip", "visual", "builtin")).is_problem(400, "expected visual with an image");
    text(b"no json").is_problem(400, "entries");
    predict(&server, &[("entries", &entries("clip", "visual", "builtin")), ("image", b"no picture")])
        .is_problem(422, "picture");
    predict(&server, &[("picture", b"")]).is_problem(400, "picture");
    post_json(&server.url("/predict"), &json!({})).is_problem(400, "");
}
