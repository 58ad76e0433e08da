//! How it is asked: the GraphQL server and the parvis command.

pub mod demo;
pub mod demo_city;
pub mod explorer;
pub mod export;
pub mod failure;
pub mod fold;
pub mod http;
pub mod import_pabulib;
pub mod import_paris;
pub mod keys;
pub mod steps;
pub mod cli;
pub mod run;
mod say;
pub mod settings;
pub mod error;
pub mod graphql;
pub mod read_model;
pub mod words;
mod landing;
pub mod server;
