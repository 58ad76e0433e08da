//! News, photos and documents of a site, and how its place is kept up.
//!
//! Owns which of them are shown now. What was withdrawn stays in `site_history.rs`.

use crate::overview::Moment;
use crate::sites::SiteRow;
use domain::Hidden;
use domain::site::{Event, File, PhotoStage, Upkeep};
use std::collections::BTreeSet;

/// A piece of news.
#[derive(Clone, Copy, Debug)]
pub struct News<'a> {
    /// Its number.
    pub number: u32,
    /// When it was posted.
    pub moment: Moment,
    /// In a line.
    pub title: &'a Hidden<String>,
    /// In full.
    pub text: &'a Hidden<String>,
}

/// A photo.
#[derive(Clone, Copy, Debug)]
pub struct Photo<'a> {
    /// Its number.
    pub number: u32,
    /// When it was added.
    pub moment: Moment,
    /// Its file.
    pub file: &'a File,
    /// When it was taken.
    pub stage: PhotoStage,
    /// What is to be seen.
    pub alternative: &'a Hidden<String>,
    /// Who took it.
    pub credit: Option<&'a Hidden<String>>,
}

/// A document.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    /// Its number.
    pub number: u32,
    /// When it was added.
    pub moment: Moment,
    /// Its file.
    pub file: &'a File,
    /// What it is.
    pub title: &'a Hidden<String>,
}

impl SiteRow {
    /// Its news, the latest first.
    pub fn news(&self) -> Vec<News<'_>> {
        let gone =
            self.gone(|event| if let Event::NewsWithdrawn { number, .. } = event { Some(*number) } else { None });
        let all = self.told.iter().rev().filter_map(|told| {
            let Event::NewsPosted { number, title, text } = &*told.event else { return None };
            Some(News { number: *number, moment: told.moment, title, text })
        });
        all.filter(|one| !gone.contains(&one.number)).collect()
    }

    /// Its photos, in order of their numbers.
    pub fn photos(&self) -> Vec<Photo<'_>> {
        let gone = self.gone(|event| if let Event::PhotoRemoved { number, .. } = event { Some(*number) } else { None });
        let all = self.told.iter().filter_map(|told| {
            let Event::PhotoAdded { number, file, stage, alternative, credit } = &*told.event else { return None };
            let (number, stage, credit) = (*number, *stage, credit.as_ref());
            Some(Photo { number, moment: told.moment, file, stage, alternative, credit })
        });
        all.filter(|one| !gone.contains(&one.number)).collect()
    }

    /// Its documents, in order of their numbers.
    pub fn documents(&self) -> Vec<Document<'_>> {
        let gone =
            self.gone(|event| if let Event::DocumentRemoved { number, .. } = event { Some(*number) } else { None });
        let all = self.told.iter().filter_map(|told| {
            let Event::DocumentAdded { number, file, title } = &*told.event else { return None };
            Some(Document { number: *number, moment: told.moment, file, title })
        });
        all.filter(|one| !gone.contains(&one.number)).collect()
    }

    /// What was agreed last about its upkeep.
    pub fn upkeep(&self) -> Option<(Moment, &Upkeep)> {
        self.told.iter().rev().find_map(|told| {
            let Event::UpkeepAgreed { upkeep } = &*told.event else { return None };
            Some((told.moment, &**upkeep))
        })
    }

    fn gone(&self, number: impl Fn(&Event) -> Option<u32>) -> BTreeSet<u32> {
        self.told.iter().filter_map(|told| number(&told.event)).collect()
    }
}
