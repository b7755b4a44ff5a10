//! `foray mcp`, spoken to as assistants' programs do: JSON-RPC over its standard input and output.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use foray_tests::{McpClient, Sandbox, ServerProcess};
use serde_json::{Value, json};

fn client(sandbox: &Sandbox) -> McpClient {
    McpClient::start(sandbox.command(["mcp"])).0
}

fn paths(photos: &Value) -> Vec<&str> {
    photos["results"].as_array().unwrap().iter().map(|photo| photo["path"].as_str().unwrap()).collect()
}

#[test]
fn it_introduces_itself_and_its_tools() {
    let sandbox = Sandbox::with_samples();
    let (mut client, hello) = McpClient::start(sandbox.command(["mcp"]));
    assert_eq!((&hello["serverInfo"]["name"], &hello["protocolVersion"]), (&json!("foray"), &json!("2025-06-18")));
    assert!(hello["instructions"].as_str().unwrap().contains("describe_library"), "{hello}");
    let reply = client.request("tools/list", &json!({}));
    let tools = reply["result"]["tools"].as_array().unwrap();
    let mut names: Vec<&str> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["describe_library", "get_thumbnail", "rank", "search", "similar", "unusual"]);
    for tool in tools {
        assert_eq!(tool["annotations"]["readOnlyHint"], true, "{tool}");
        assert!(tool["description"].as_str().unwrap().len() > 40, "{tool}");
        assert!(tool["outputSchema"].is_object() || tool["name"] == "get_thumbnail", "{tool}");
        let properties = tool["inputSchema"]["properties"].as_object().unwrap();
        for (name, property) in properties {
            let described = property["description"].is_string() || property["$ref"].is_string();
            assert!(described || property["allOf"].is_array(), "{name} of {tool}");
        }
    }
    assert!(client.end().success(), "it ends when its input does");
}

#[test]
fn photos_are_found_and_shown() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let mut client = client(&sandbox);
    let cats = client.answer("search", &json!({"query": "a cat", "limit": 3}));
    assert_eq!(paths(&cats), sandbox.run(["search", "a cat", "-n", "3", "--json"]).paths());
    let first = &cats["results"][0];
    assert!(first["relevance"].as_f64().unwrap() > 0.0 && first["width"].as_u64().unwrap() > 0, "{first}");
    let second_page = client.answer("search", &json!({"query": "a cat", "limit": 2, "offset": 1}));
    assert_eq!(paths(&second_page)[0], paths(&cats)[1]);
    let none = client.answer("search", &json!({"query": "a cat", "filter": "taken:1900"}));
    assert_eq!(none["results"], json!([]));

    let id = first["id"].as_str().unwrap();
    let by_id = client.answer("similar", &json!({"image": format!("id:{id}"), "limit": 4}));
    assert!(paths(&by_id).len() == 4 && !paths(&by_id).contains(&paths(&cats)[0]));
    assert_eq!(client.answer("similar", &json!({"image": paths(&cats)[0], "limit": 4})), by_id);

    let ranked = client.answer("rank", &json!({"query": "a cat", "photos": [paths(&cats)[2], paths(&cats)[0]]}));
    assert_eq!(paths(&ranked), [paths(&cats)[0], paths(&cats)[2]]);
    let unusual = client.answer("unusual", &json!({"limit": 2, "kind": "unique"}));
    assert_eq!(paths(&unusual), sandbox.run(["unusual", "-n", "2", "--json"]).paths());

    let shown = client.call("get_thumbnail", &json!({"id": id}));
    let block = &shown["content"][0];
    assert_eq!((&block["type"], &block["mimeType"]), (&json!("image"), &json!("image/jpeg")));
    let jpeg = STANDARD.decode(block["data"].as_str().unwrap()).unwrap();
    assert!(image::load_from_memory(&jpeg).unwrap().width() <= 400);
}

#[test]
fn the_library_is_described() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let count = sandbox.photo_files().len();
    let mut client = client(&sandbox);
    let all = client.answer("describe_library", &json!({}));
    assert_eq!((&all["photos"], &all["matching"]), (&json!(count), &json!(count)));
    assert_eq!(all["folders"], json!([sandbox.photos()]));
    assert_eq!(all["counts"]["types"], json!([{"value": "jpeg", "count": count}]));
    assert!(all["model"].as_str().unwrap().starts_with("builtin"), "{all}");
    let none = client.answer("describe_library", &json!({"filter": "type:png"}));
    assert_eq!((&none["photos"], &none["matching"]), (&json!(count), &json!(0)));
}

#[test]
fn mistakes_are_answered_in_words_and_end_nothing() {
    let sandbox = Sandbox::with_samples();
    let mut client = client(&sandbox);
    client.refuses("search", &json!({"query": "a cat"}), &["library", "foray index"]);
    sandbox.index();
    client.refuses("search", &json!({"query": "\"open"}), &["character 1", "quote"]);
    client.refuses("search", &json!({"query": "a cat", "filter": "taken:someday"}), &["someday"]);
    client.refuses("search", &json!({"query": "a cat", "limit": 5000}), &["limit 5000", "1 to 100"]);
    client.refuses("search", &json!({"query": "a cat", "min_relevance": 7}), &["min_relevance", "0 to 1"]);
    client.refuses("similar", &json!({"image": "/no/such/photo.jpg"}), &["/no/such/photo.jpg"]);
    client.refuses("similar", &json!({"image": "id:xyz"}), &["hexadecimal"]);
    client.refuses("rank", &json!({"query": "a cat", "photos": []}), &["ids or paths"]);
    client.refuses("get_thumbnail", &json!({"id": "cat"}), &["cat", "hexadecimal"]);
    client.refuses("get_thumbnail", &json!({"id": "0".repeat(32)}), &["preview"]);

    client.refuses("search", &json!({"querry": "a cat"}), &["querry", "query"]);
    client.refuses("search", &json!({"query": 7}), &["7", "string"]);
    client.refuses("search", &json!({}), &["missing", "query"]);
    let unknown = client.request("tools/call", &json!({"name": "no_such_tool", "arguments": {}}));
    assert!(unknown["error"]["message"].as_str().unwrap().contains("tool"), "{unknown}");
    assert!(!client.request("no/such/method", &json!({}))["error"].is_null());
    assert_eq!(paths(&client.answer("search", &json!({"query": "a cat", "limit": 1}))).len(), 1);
}

#[test]
fn it_leaves_the_library_to_others_and_talks_to_their_server() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let mut client = client(&sandbox);
    let asked = json!({"query": "a cat", "limit": 5});
    let here = client.answer("search", &asked);
    let server = ServerProcess::start(&sandbox, ["serve"]);
    assert_eq!(client.answer("search", &asked), here, "the server has the library now");
    let id = here["results"][0]["id"].clone();
    assert!(client.call("get_thumbnail", &json!({"id": id}))["content"][0]["data"].is_string());
    client.refuses("get_thumbnail", &json!({"id": "0".repeat(32)}), &["no photo"]);
    drop(server);
    assert_eq!(client.answer("search", &asked), here, "and nobody else has it again");
}

#[test]
fn standard_output_carries_nothing_but_the_protocol() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let (mut client, _) = McpClient::start(sandbox.command(["mcp", "-vv"]));
    // Each line that comes before the answer is parsed as JSON.
    assert!(!paths(&client.answer("search", &json!({"query": "a dog"}))).is_empty());
    assert!(client.end().success());
}
