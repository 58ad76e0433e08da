//! How it is asked: the GraphQL server and the parvis command.
//!
//! Owns everything between the outside and `commands` on the way in, `projections` on the way out;
//! decides and folds nothing itself. Look next at [`server`] for what runs for long, at [`run`] for
//! commands that end.

// The mutations are one merged object, a level of types for each file of them.
#![recursion_limit = "256"]

pub mod calendar;
pub mod campaign_file;
pub mod campaign_version;
pub mod change_words;
pub mod cli;
pub mod demo;
pub mod demo_city;
pub mod erasure;
pub mod error;
pub mod explorer;
pub mod export;
pub mod failure;
pub mod fold;
pub mod geojson;
pub mod graphql;
pub mod http;
pub mod import_pabulib;
pub mod import_paris;
pub mod import_paris_rows;
pub mod keys;
pub mod metrics;
pub mod notary;
pub mod notices;
pub mod people;
pub mod read_model;
pub mod retention;
pub mod run;
pub mod server;
pub mod settings;
pub mod site_bulk;
pub mod site_csv;
pub mod site_words;
pub mod snapshot;
pub mod steps;
pub mod store_copy;
pub mod telemetry;
pub mod typed;
pub mod voting;
pub mod watch;
pub mod words;

mod around_form;
mod attachments;
mod campaign_form;
mod demo_ground;
mod demo_ideas;
mod demo_instruction;
mod demo_merging;
mod demo_papers;
mod demo_school;
mod demo_sites;
mod demo_urn;
mod demo_vote;
mod demo_words;
mod demo_workshops;
mod downloads;
mod export_sites;
mod health;
mod import_paris_changes;
mod landing;
mod letters;
mod me;
mod me_letters;
mod me_messages;
mod panel_words;
mod papers;
mod run_campaign;
mod run_people;
mod run_sites;
mod run_urn;
mod say;
mod sending;
mod site_agenda;
mod site_feed;
mod site_files;
mod site_page;
mod site_table;
mod site_update;
mod upkeep;
mod urn_files;
