//! What is weighed: candidates, their options, and what limits them.

use std::collections::BTreeMap;

use super::{Floor, Plan, Request, Resource, list};
use crate::{
    error::{Error, Kind, Place, Result},
    metrics::power::{Power, gini_of_shares},
    playbook::{
        Book,
        allocate::{Case, Choice, Given, NOTHING},
        campaign::CampaignParams,
        scene::{Scene, number_at, text_at},
        verdict::{Books, Contact},
    },
};

/// Everything that is weighed.
pub(super) struct Desk<'a> {
    pub(super) book: &'a Book,
    params: &'a CampaignParams,
    pub(super) case: Case,
    /// Names of resources, by their number.
    names: Vec<String>,
    branches: BTreeMap<String, u32>,
    managers: BTreeMap<String, u32>,
    newcomers: Option<u32>,
    /// Customers of the last list, with their channel.
    previous: Option<BTreeMap<String, String>>,
    /// For each candidate the option by which the last list contacts it.
    last: Vec<Option<u8>>,
    /// For each option its channel by its place in the book, and the contact.
    contacts: Vec<(u8, Contact)>,
    /// The row of each candidate, its stratum, and whether it was on the last list.
    pub(super) rows: Vec<(u64, u32, bool)>,
    strata: BTreeMap<String, u32>,
    /// Customers by stratum.
    sizes: Vec<u64>,
    quadrants: Vec<String>,
    candidates_quadrant: Vec<u8>,
    customers: u64,
    held: u64,
    suppressed: u64,
}

impl<'a> Desk<'a> {
    pub(super) fn new(request: &Request<'a>) -> Result<Self> {
        let (book, params) = (request.book, request.params);
        let mut desk = Self {
            book,
            params,
            case: Case { budget: params.budget, ..Case::default() },
            names: Vec::new(),
            branches: BTreeMap::new(),
            managers: BTreeMap::new(),
            newcomers: None,
            previous: None,
            last: Vec::new(),
            contacts: Vec::new(),
            rows: Vec::new(),
            strata: BTreeMap::new(),
            sizes: Vec::new(),
            quadrants: Vec::new(),
            candidates_quadrant: Vec::new(),
            customers: 0,
            held: 0,
            suppressed: 0,
        };
        for name in params.capacity.keys() {
            if !book.channels.iter().any(|channel| channel.code == *name) {
                let what = format!("the playbook has no channel {name}");
                return Err(Error::new(Kind::BadParameter, what)
                    .at(Place::Key("campaign.capacity".to_owned())));
            }
        }
        for channel in &book.channels {
            let capacity = params.capacity.get(&channel.code).copied().unwrap_or(u32::MAX);
            desk.resource(&channel.code, capacity);
        }
        if let Some(file) = &request.previous {
            let before = list::customers(file)?;
            let most = (params.max_turnover * before.len() as f64).floor() as u32;
            desk.newcomers = Some(desk.resource("newcomers", most));
            desk.previous = Some(before);
        }
        Ok(desk)
    }

    fn resource(&mut self, name: &str, capacity: u32) -> u32 {
        self.names.push(name.to_owned());
        self.case.capacity.push(capacity);
        self.names.len() as u32 - 1
    }

    /// The resource of a branch or a manager: made when it is first met.
    fn of_place(&mut self, kind: &str, name: Option<&str>) -> u32 {
        let (usual, special) = match kind {
            "branch" => (self.params.per_branch, &self.params.branches),
            _ => (self.params.per_manager, &self.params.managers),
        };
        let Some(name) = name else { return NOTHING };
        let Some(capacity) = special.get(name).copied().or(usual) else { return NOTHING };
        let known = if kind == "branch" { &self.branches } else { &self.managers };
        if let Some(at) = known.get(name) {
            return *at;
        }
        let at = self.resource(&format!("{kind} {name}"), capacity);
        let known = if kind == "branch" { &mut self.branches } else { &mut self.managers };
        known.insert(name.to_owned(), at);
        at
    }

    /// Looks at some rows of the feed.
    pub(super) fn look(&mut self, scene: &Scene) {
        for row in 0..scene.rows().num_rows() {
            self.customers += 1;
            let stratum = self.stratum(scene, row);
            self.sizes[stratum as usize] += 1;
            if number_at(scene.numbers("suppress_flag"), row) == Some(1.0) {
                self.suppressed += 1;
                continue;
            }
            match text_at(scene.texts("arm"), row) {
                Some("treat") => self.candidate(scene, row, stratum),
                Some("holdout") => self.held += 1,
                _ => {}
            }
        }
    }

    fn stratum(&mut self, scene: &Scene, row: usize) -> u32 {
        let branch = text_at(scene.texts("branch"), row);
        let name = branch.or_else(|| text_at(scene.texts("quadrant"), row)).unwrap_or("none");
        if let Some(at) = self.strata.get(name) {
            return *at;
        }
        let at = self.sizes.len() as u32;
        self.strata.insert(name.to_owned(), at);
        self.sizes.push(0);
        at
    }

    fn candidate(&mut self, scene: &Scene, row: usize, stratum: u32) {
        let number = |name| number_at(scene.numbers(name), row);
        let probability = number("churn_probability").or(number("reactivation_probability"));
        let (Some(value), Some(probability)) = (number("value"), probability) else { return };
        let branch = self.of_place("branch", text_at(scene.texts("branch"), row));
        let manager = self.of_place("manager", text_at(scene.texts("manager_id"), row));
        let id = text_at(scene.texts("customer_id"), row).unwrap_or_default();
        let before = self.previous.as_ref().and_then(|before| before.get(id)).cloned();
        let stays = before.is_some();
        let newcomer = self.newcomers.filter(|_| !stays).unwrap_or(NOTHING);
        let mut options = Vec::new();
        let mut last = None;
        for name in ["channel_1", "channel_2"] {
            let code = text_at(scene.texts(name), row);
            let Some(at) = self.book.channels.iter().position(|c| Some(c.code.as_str()) == code)
            else {
                continue;
            };
            let channel = &self.book.channels[at];
            if before.as_deref() == code {
                last = last.or(u8::try_from(options.len()).ok());
            }
            let offer = number("offer_cost").unwrap_or(0.0);
            let (success, cost) = (channel.success, channel.cost);
            let contact = Contact { value, probability, success, cost, offer };
            let of_person = |resource| if channel.personal { resource } else { NOTHING };
            options.push(Choice {
                gain: success * (value * probability - probability * offer) - cost,
                cost: cost + success * probability * offer,
                uses: [at as u32, of_person(branch), of_person(manager), newcomer],
            });
            self.contacts.push((at as u8, contact));
        }
        if options.is_empty() {
            return;
        }
        let quadrant = text_at(scene.texts("quadrant"), row).unwrap_or("none");
        let at = self.quadrants.iter().position(|known| known == quadrant).unwrap_or_else(|| {
            self.quadrants.push(quadrant.to_owned());
            self.quadrants.len() - 1
        });
        self.candidates_quadrant.push(at as u8);
        self.case.push(&options, self.counts_for_floor(scene, row));
        self.last.push(last);
        self.rows.push((self.customers - 1, stratum, stays));
    }

    /// Passive customers, and those of low value.
    fn counts_for_floor(&self, scene: &Scene, row: usize) -> bool {
        let passive = |code: &str| {
            self.book.rules.iter().any(|rule| rule.code == code && rule.group == "passive")
        };
        let segments = text_at(scene.texts("segments"), row).unwrap_or_default();
        text_at(scene.texts("value_band"), row) == Some("low") || segments.split('|').any(passive)
    }

    /// Gives out, and once more with the floor where it was not met by itself; the last list stays
    /// where this is not clearly better.
    pub(super) fn give(&mut self) -> (Given, u64) {
        let mut given = self.case.give();
        let contacts = given.taken.iter().flatten().count() as f64;
        let wanted = (self.params.floor * contacts).ceil() as u32;
        let is_met = self.with_floor(&given) >= u64::from(wanted);
        self.case.floor = wanted;
        if !is_met {
            given = self.case.give_after(Some(&given));
        }
        if self.previous.is_some() {
            given = self.case.or_last(given, &self.last);
        }
        (given, u64::from(wanted))
    }

    fn with_floor(&self, given: &Given) -> u64 {
        let counted = given.taken.iter().zip(&self.case.in_floor);
        counted.filter(|(taken, counts)| taken.is_some() && **counts).count() as u64
    }

    /// The contact that a candidate was given.
    pub(super) fn contact(&self, candidate: usize, taken: u8) -> (u8, Contact) {
        self.contacts[self.case.starts[candidate] as usize + usize::from(taken)]
    }

    pub(super) fn plan(&self, given: &Given, wanted: u64) -> Plan {
        let mut books = Books::default();
        let mut used = vec![0_u32; self.names.len()];
        let mut by_stratum = vec![0_u64; self.strata.len()];
        let mut quadrants: BTreeMap<String, u64> = BTreeMap::new();
        let mut stayed = 0;
        for (candidate, taken) in given.taken.iter().enumerate() {
            let Some(taken) = *taken else { continue };
            let (channel, contact) = self.contact(candidate, taken);
            books.add(&self.book.channels[usize::from(channel)].code, contact);
            let resources = self.case.options(candidate)[usize::from(taken)].uses;
            resources.iter().filter(|at| **at != NOTHING).for_each(|at| used[*at as usize] += 1);
            let (_, stratum, stays) = self.rows[candidate];
            by_stratum[stratum as usize] += 1;
            stayed += u64::from(stays);
            let quadrant = &self.quadrants[usize::from(self.candidates_quadrant[candidate])];
            *quadrants.entry(quadrant.clone()).or_default() += 1;
        }
        let holdout = &self.book.holdout;
        let power = Power { power: holdout.power, alpha: holdout.alpha };
        let verdict = books.verdict(self.params.caution, power, self.held);
        let limited = |at: &usize| self.case.capacity[*at] != u32::MAX || used[*at] > 0;
        let resource = |at: usize| Resource {
            name: self.names[at].clone(),
            capacity: Some(self.case.capacity[at]).filter(|capacity| *capacity != u32::MAX),
            used: used[at],
            worth_of_one_more: given.prices.get(at).copied().unwrap_or(0.0),
        };
        let shares = by_stratum.iter().zip(&self.sizes).map(|(n, size)| *n as f64 / *size as f64);
        let newcomers = verdict.contacts - stayed;
        Plan {
            plan: 1,
            customers: self.customers,
            candidates: self.rows.len() as u64,
            held: self.held,
            suppressed: self.suppressed,
            share_of_best: if given.bound > 0.0 { given.gain / given.bound } else { 1.0 },
            resources: (0..self.names.len()).filter(limited).map(resource).collect(),
            budget_price: given.budget_price,
            floor: Floor {
                candidates: self.case.in_floor.iter().filter(|counts| **counts).count() as u64,
                wanted,
                contacts: self.with_floor(given),
            },
            quadrants,
            gini: gini_of_shares(shares.collect()),
            stayed: self.previous.as_ref().map(|_| stayed),
            newcomers: self.previous.as_ref().map(|_| newcomers),
            verdict,
        }
    }
}
