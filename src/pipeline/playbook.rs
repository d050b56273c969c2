//! The playbook of a run: where it comes from, and what training learns for it.

use std::path::Path;

use crate::{
    bundle::Bundle,
    config::Config,
    dataset::{PeerSample, peers},
    error::{Error, Kind, Place, Result},
    features::{ColumnPlan, EncodedColumn, How},
    model::Peers,
    pipeline::prepare::Prepared,
    playbook::{Book, Bound, book, scene::Scene},
    sources::{self, Blocks, Column, ColumnType, Input, ReadParams},
    store,
};

/// The text of a playbook file.
pub fn read(file: &Path) -> Result<String> {
    store::read_text(file, book::LIMIT)
}

/// Reads a playbook text that came from this file, if from any.
pub fn parse(text: &str, file: Option<&Path>) -> Result<Book> {
    Book::parse(text).map_err(|error| match file {
        None => error,
        Some(file) => {
            let hint = error.hint().to_owned();
            Error::new(Kind::BadPlaybook, error.what())
                .at(Place::File(file.to_owned()))
                .hint_with(hint)
        }
    })
}

/// The text of a playbook file, checked, where one is named.
pub fn named(file: Option<&Path>) -> Result<Option<String>> {
    let Some(file) = file else { return Ok(None) };
    let text = read(file)?;
    parse(&text, Some(file))?;
    Ok(Some(text))
}

/// The text of the configured playbook, checked; the shipped one if none is configured.
pub fn configured(config: &Config) -> Result<String> {
    let file = config.playbook.file.as_deref();
    Ok(named(file)?.unwrap_or_else(|| book::SHIPPED.to_owned()))
}

/// The text that a model is played by: another one, or its own, or the shipped one.
pub(super) fn text<'a>(bundle: &'a Bundle, other: Option<&'a str>) -> &'a str {
    other.or(bundle.playbook.as_deref()).unwrap_or(book::SHIPPED)
}

/// Opens a table with the columns that the model needs, and those that the playbook can use; and the playbook,
/// bound to them.
pub(super) fn open(
    bundle: &Bundle,
    text: &str,
    input: &Input,
    params: &ReadParams,
) -> Result<(Bound, Blocks)> {
    let book = parse(text, None)?;
    let needed = &bundle.source.columns;
    let (blocks, found) = sources::open_with(input, params, needed, &book.welcome(needed))?;
    let columns = [needed.as_slice(), found.as_slice()].concat();
    Ok((Bound::new(book, &columns, bundle.peers.as_ref())?, blocks))
}

/// A sample of the numbers among the columns that may become features.
pub(super) fn sample(plans: &[ColumnPlan]) -> PeerSample {
    let numbers = plans.iter().filter(|plan| plan.how == How::Number);
    PeerSample::new(numbers.map(|plan| plan.name.clone()).collect())
}

/// What is usual among peers: of the columns that the models read, of those that the playbook speaks
/// of, and of its figures. Columns that the checks left out for being personal are none of them.
pub(super) fn peers(
    prepared: &Prepared,
    encoded: &[EncodedColumn],
    text: &str,
) -> Result<Option<Peers>> {
    let book = Book::parse(text)?;
    let sample = prepared.sample.table()?;
    let shape = Peers {
        age: book.peers.age.clone(),
        ages: book.peers.ages.clone(),
        assets: book.peers.assets.clone(),
        bands: book.peers.bands.clone(),
        columns: Vec::new(),
    };
    let kept: Vec<String> = prepared.encoder.names();
    let is_wanted = |name: &String| {
        let is_read = encoded.iter().any(|column| column.reads().contains(&name.as_str()));
        is_read || (book.columns.number.contains(name) && kept.contains(name))
    };
    let schema = sample.schema();
    let mut names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
    names.retain(is_wanted);
    if ![&shape.age, &shape.assets].into_iter().all(|name| names.contains(name)) {
        return Ok(None);
    }
    let columns: Vec<Column> =
        names.iter().map(|name| Column { name: name.clone(), kind: ColumnType::Number }).collect();
    let bound = Bound::new(book, &columns, None)?;
    let mut scene = Scene::new(sample);
    // A figure takes the place of a column of its name.
    names.extend(bound.add_numeric_figures(&mut scene)?);
    names.sort_unstable();
    names.dedup();
    Ok(peers::fit(shape, scene.rows(), &names))
}
