//! The list that leaves: one line a contact, by rank.

use std::{collections::BTreeMap, path::Path};

use super::{day_at, desk::Desk};
use crate::{
    error::Result,
    output::feed::line::Line,
    playbook::scene::{Scene, number_at, text_at},
    sources::{self, Column, ColumnType, Input, ReadParams},
};

/// The header of the list.
const HEADER: &[u8] = b"priority_rank,customer_id,as_of,branch,manager_id,quadrant,segment,segment_label,rule,action,action_label,product,offer,channel,contact_by,script_id,expected_gain,value_at_risk,reason_1,reason_2,is_new\n";

/// Lines that are gathered from the feed.
pub(super) struct List<'a> {
    desk: &'a Desk<'a>,
    /// Row in the feed, channel and gain of those who are chosen.
    chosen: Vec<(u64, u8, f64, bool)>,
    lines: Vec<(f64, u64, Vec<u8>)>,
    row: u64,
    next: usize,
}

impl<'a> List<'a> {
    pub(super) fn new(taken: &[Option<u8>], desk: &'a Desk<'a>) -> Self {
        let of = |(candidate, taken): (usize, &Option<u8>)| {
            let at = (*taken)?;
            let (channel, _) = desk.contact(candidate, at);
            let gain = desk.case.options(candidate)[usize::from(at)].gain;
            let (row, _, stays) = desk.rows[candidate];
            Some((row, channel, gain, stays))
        };
        let chosen = taken.iter().enumerate().filter_map(of).collect();
        Self { desk, chosen, lines: Vec::new(), row: 0, next: 0 }
    }

    /// Gathers the lines of some rows.
    pub(super) fn look(&mut self, scene: &Scene) {
        for row in 0..scene.rows().num_rows() {
            if let Some(&(chosen, channel, gain, stays)) = self.chosen.get(self.next)
                && chosen == self.row
            {
                self.next += 1;
                let line = self.line(scene, row, channel, gain, stays);
                self.lines.push((gain, chosen, line));
            }
            self.row += 1;
        }
    }

    fn line(&self, scene: &Scene, row: usize, channel: u8, gain: f64, stays: bool) -> Vec<u8> {
        let mut line = Line::default();
        let text = |name: &str| text_at(scene.texts(name), row);
        line.text(text("customer_id"));
        line.day(day_at(scene.rows(), "as_of", row));
        for name in [
            "branch",
            "manager_id",
            "quadrant",
            "segment",
            "segment_label",
            "rule",
            "action",
            "action_label",
            "product",
            "offer",
        ] {
            line.text(text(name));
        }
        line.text(Some(&self.desk.book.channels[usize::from(channel)].code));
        line.day(day_at(scene.rows(), "contact_by", row));
        line.text(text("script_id"));
        line.number(Some(gain));
        line.number(number_at(scene.numbers("value_at_risk"), row));
        line.text(text("reason_1"));
        line.text(text("reason_2"));
        line.number(Some(f64::from(u8::from(!stays))));
        line.finish()
    }

    /// The list, the most gaining first; of equals the one that stands first in the feed.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.lines.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut out = HEADER.to_vec();
        for (rank, (_, _, line)) in self.lines.iter().enumerate() {
            out.extend_from_slice((rank + 1).to_string().as_bytes());
            out.push(b',');
            out.extend_from_slice(line);
        }
        out
    }
}

/// The customers of the last list, with the channel by which they were to be contacted.
pub(super) fn customers(file: &Path) -> Result<BTreeMap<String, String>> {
    let column = |name: &str| Column { name: name.to_owned(), kind: ColumnType::Text };
    let params = ReadParams { missing: Vec::new(), ..ReadParams::default() };
    let input = Input::Path(file.to_owned());
    let (needed, welcome) = ([column("customer_id")], [column("channel")]);
    let (blocks, _) = sources::open_with(&input, &params, &needed, &welcome)?;
    let mut found = BTreeMap::new();
    for block in blocks {
        let scene = Scene::new(block?.rows);
        let (ids, channels) = (scene.texts("customer_id"), scene.texts("channel"));
        for row in 0..scene.rows().num_rows() {
            if let Some(id) = text_at(ids, row) {
                let channel = text_at(channels, row).unwrap_or_default();
                found.insert(id.to_owned(), channel.to_owned());
            }
        }
    }
    Ok(found)
}
