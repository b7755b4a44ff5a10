//! An evaluation as people read it.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use anyhow::Result;
use foray_protocol::{ClassMetrics, Comparison, Contender, Evaluation};

/// Classes that are shown: those that are told from the others worst.
const CLASSES: usize = 15;
/// Pairs of classes that are mistaken for each other.
const PAIRS: usize = 5;
/// A difference less probable than this by chance is called one.
const SIGNIFICANT: f64 = 0.05;

pub fn print(evaluation: &Evaluation) -> Result<()> {
    let mut out = anstream::stdout().lock();
    head(&mut out, evaluation)?;
    contenders(&mut out, evaluation)?;
    if let Some(best) = evaluation.contenders.first() {
        worst_classes(&mut out, evaluation, best)?;
        confused(&mut out, evaluation, best)?;
    }
    for failure in &evaluation.failed {
        writeln!(out, "left out: {}: {}", failure.path, failure.reason)?;
    }
    Ok(())
}

fn head(out: &mut impl Write, evaluation: &Evaluation) -> io::Result<()> {
    let Evaluation { dataset, split, space, classes, images, embedded, seconds, failed, .. } = evaluation;
    let split = split.as_ref().map(|split| format!(" ({split})")).unwrap_or_default();
    writeln!(out, "{dataset}{split}: {images} photos of {} classes, model {}", classes.len(), space.model())?;
    let rate = *embedded as f64 / seconds.max(1e-9);
    match embedded {
        0 => writeln!(out, "all embeddings were remembered")?,
        _ => writeln!(out, "{embedded} embedded in {seconds:.1} s ({rate:.1} images/s), the others were remembered")?,
    }
    if !failed.is_empty() {
        writeln!(out, "{} photos left out: they cannot be read (listed below)", failed.len())?;
    }
    writeln!(out)
}

fn contenders(out: &mut impl Write, evaluation: &Evaluation) -> io::Result<()> {
    let names = evaluation.contenders.iter().map(|contender| contender.name.chars().count());
    let width = names.max().unwrap_or_default().clamp(7, 60);
    let heading = Style::new().bold();
    writeln!(
        out,
        "{heading}{:width$}   top-1  (95 % interval)    top-5      F1     ECE  against the first{heading:#}",
        "wording"
    )?;
    for (place, contender) in evaluation.contenders.iter().enumerate() {
        let style = if place == 0 { AnsiColor::Green.on_default() } else { Style::new() };
        let metrics = &contender.metrics;
        let (low, high) = metrics.top1_interval;
        writeln!(
            out,
            "{style}{:width$}{style:#}  {:>5.1}%  ({:>5.1} - {:>5.1} %)  {:>5.1}%  {:>5.1}%  {:>6.3}  {}",
            contender.name,
            100.0 * metrics.top1,
            100.0 * low,
            100.0 * high,
            100.0 * metrics.top5,
            100.0 * metrics.macro_f1,
            metrics.calibration_error,
            contender.against_first.as_ref().map(difference).unwrap_or_default(),
        )?;
    }
    writeln!(out)
}

fn difference(comparison: &Comparison) -> String {
    let Comparison { difference, only_this, only_other, p_value } = comparison;
    let verdict = if *p_value < SIGNIFICANT { "" } else { ", may be chance" };
    let p = if *p_value < 0.005 { "p < 0.005".to_owned() } else { format!("p = {p_value:.2}") };
    format!("{:+.1} points, {only_this} : {only_other} photos, {p}{verdict}", 100.0 * difference)
}

fn worst_classes(out: &mut impl Write, evaluation: &Evaluation, best: &Contender) -> Result<()> {
    let mut classes: Vec<_> = evaluation.classes.iter().zip(&best.metrics.per_class).enumerate().collect();
    classes.retain(|(_, (_, metrics))| metrics.images > 0);
    classes.sort_by(|(_, (_, a)), (_, (_, b))| a.f1.total_cmp(&b.f1));
    let shown = &classes[..classes.len().min(CLASSES)];
    let width = shown.iter().map(|(_, (class, _))| class.chars().count()).max().unwrap_or_default().max(5);
    let heading = Style::new().bold();
    writeln!(out, "{heading}{:width$}  photos  precision  recall      F1  prompt{heading:#}", "class")?;
    for (number, (class, ClassMetrics { images, precision, recall, f1 })) in shown {
        let prompt = best.prompts.get(*number).map(String::as_str).unwrap_or_default();
        writeln!(
            out,
            "{class:width$}  {images:>6}  {:>8.1}%  {:>5.1}%  {:>5.1}%  {prompt}",
            100.0 * precision,
            100.0 * recall,
            100.0 * f1
        )?;
    }
    if classes.len() > shown.len() {
        writeln!(out, "{} classes are told better (all with --json)", classes.len() - shown.len())?;
    }
    Ok(writeln!(out)?)
}

fn confused(out: &mut impl Write, evaluation: &Evaluation, best: &Contender) -> io::Result<()> {
    let mut pairs: Vec<(u32, &String, &String)> = vec![];
    for (label, row) in evaluation.classes.iter().zip(&best.metrics.confusion) {
        let mistaken = evaluation.classes.iter().zip(row).filter(|(class, count)| *class != label && **count > 0);
        pairs.extend(mistaken.map(|(class, count)| (*count, label, class)));
    }
    pairs.sort_by_key(|(count, ..)| std::cmp::Reverse(*count));
    for (count, label, class) in pairs.iter().take(PAIRS) {
        writeln!(out, "{count:>4} x {label} taken for {class}")?;
    }
    Ok(())
}
