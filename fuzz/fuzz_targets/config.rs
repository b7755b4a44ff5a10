//! Feeds text to the reader of the configuration file, and its values to those who read them: hours, schedules, rules, tokens.
#![no_main]

use foray_indexer::check_rules;
use foray_protocol::{Config, Hours, Schedule, Token, WatchRules};
use libfuzzer_sys::fuzz_target;
use toml_edit::DocumentMut;

fuzz_target!(|text: &str| {
    text.lines().for_each(check_value);
    let Ok(config) = toml::from_str::<Config>(text) else { return };
    // `foray models use` and others change single keys through another parser, which must understand the same.
    let document: DocumentMut = text.parse().expect("both parsers read it");
    let again: Config = toml::from_str(&document.to_string()).expect("what was read is read again");
    // By their texts, since a number may be NaN, which equals nothing.
    assert_eq!(format!("{config:?}"), format!("{again:?}"));
    config.hours.iter().chain(&config.reindex).chain(&config.token).for_each(|value| check_value(value));
    let Config { include, exclude, .. } = config;
    let _ = check_rules(&WatchRules { include, exclude, ..WatchRules::default() });
});

fn check_value(value: &str) {
    if let Ok(hours) = value.parse::<Hours>() {
        assert_eq!(hours.to_string().parse::<Hours>().ok(), Some(hours));
    }
    if let Ok(schedule) = value.parse::<Schedule>() {
        schedule.next();
        assert_eq!(schedule.to_string(), value);
    }
    if let Ok(token) = value.parse::<Token>() {
        assert!(token.bearer().bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()));
    }
    let rules = WatchRules { exclude: vec![value.to_owned()], ..WatchRules::default() };
    let _ = check_rules(&rules);
}
