use foray_protocol::{ClassMetrics, Comparison, Failure, Metrics, SpaceId};

use super::*;

const ATTACK: &str = "<script>alert('x')</script>\" onload=\"alert(1)";

fn contender(name: &str, classes: usize) -> Contender {
    let confusion = (0..classes).map(|row| (0..classes).map(|column| (row != column) as u32 + 1).collect()).collect();
    let class = ClassMetrics { images: 2, precision: 0.5, recall: 0.5, f1: 0.5 };
    let metrics = Metrics {
        top1: 0.7341,
        top1_interval: (0.71, 0.76),
        top5: 0.9,
        macro_f1: 0.7,
        calibration_error: 0.042,
        per_class: vec![class; classes],
        confusion,
    };
    let prompts = vec![ATTACK.into(); classes];
    Contender { name: name.into(), prompts, metrics, cross_validated_top1: None, against_first: None }
}

fn evaluation(classes: usize) -> Evaluation {
    let comparison = Comparison { difference: -0.021, only_this: 3, only_other: 9, p_value: 0.0002 };
    let second = contender("plain", classes);
    let second = Contender { cross_validated_top1: Some(0.625), against_first: Some(comparison), ..second };
    Evaluation {
        dataset: "/photos/birds".into(),
        split: Some("test".into()),
        space: SpaceId::from("builtin@0123456789ab".to_owned()),
        at: 1_769_851_800,
        classes: (0..classes).map(|class| format!("{ATTACK} {class}")).collect(),
        images: 1_234,
        embedded: 34,
        seconds: 5.25,
        failed: vec![Failure { path: format!("/photos/{ATTACK}.jpg").into(), reason: ATTACK.into() }],
        contenders: vec![contender(ATTACK, classes), second],
    }
}

fn mistake() -> Mistake {
    let path = format!("/photos/birds/{ATTACK}.jpg").into();
    Mistake { path, thumbnail: vec![0xff, 0xd8, 0xff], label: 0, predicted: 1, probability: 0.97 }
}

#[test]
fn untrusted_text_stays_text() {
    let mut attacked = evaluation(3);
    attacked.dataset = format!("/photos/{ATTACK}").into();
    attacked.split = Some(ATTACK.into());
    attacked.space = SpaceId::from(ATTACK.to_owned());
    for evaluation in [attacked, evaluation(60)] {
        let page = report_page(&evaluation, &[mistake()]);
        assert!(!page.contains("<script"), "markup came through");
        assert!(!page.contains("\" onload"), "an attribute came through");
        assert!(page.contains("&lt;script&gt;"));
    }
}

#[test]
fn the_page_stands_alone() {
    let page = report_page(&evaluation(3), &[mistake()]);
    for outside in ["http://", "https://", "src=\"/", "<link", "url(", "@import"] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.contains("content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\""));
    assert!(page.contains("data:image/jpeg;base64,/9j/"));
    assert!(page.contains("prefers-color-scheme: dark"));
}

#[test]
fn what_was_measured_is_told() {
    let page = report_page(&evaluation(3), &[mistake()]);
    for shown in
        ["2026-01-31 09:30 UTC", "1\u{202f}234, 1 left out", "73.4\u{a0}%", "\u{2212}2.1", "&lt;\u{a0}0.001", "0.042"]
    {
        assert!(page.contains(shown), "{shown}");
    }
    assert!(page.contains("<dt>Split</dt><dd><bdi>test</bdi></dd>"));
    assert!(page.contains("Left out") && page.contains("Worst mistakes"));
}

#[test]
fn what_is_not_there_is_not_told() {
    let mut bare = evaluation(3);
    bare.split = None;
    bare.failed.clear();
    let page = report_page(&bare, &[]);
    assert!(!page.contains("Split") && !page.contains("Left out</h2>") && !page.contains("Worst mistakes"));
    bare.contenders.clear();
    assert!(!report_page(&bare, &[]).contains("<svg"));
}

#[test]
fn tables_have_headers_and_pictures_words() {
    let page = report_page(&evaluation(3), &[mistake()]);
    assert!(page.contains("<html lang=\"en\">") && page.matches("<h1>").count() == 1);
    assert_eq!(page.matches("<th ").count(), page.matches(" scope=\"").count());
    assert_eq!(page.matches("<img ").count(), page.matches(" alt=\"").count());
    assert_eq!(page.matches("<svg ").count(), page.matches("role=\"img\"").count());
}

#[test]
fn the_matrix_is_written_out_only_while_it_can_be_read() {
    let texts = |classes| report_page(&evaluation(classes), &[]).matches("<text ").count();
    assert_eq!(texts(40), 40 * 40 + 2 * 40);
    assert_eq!(texts(41), 0);
    let large = report_page(&evaluation(41), &[]);
    assert_eq!(large.matches("<title>").count(), 41 * 41 + 1);
}
