//! How it is asked: the GraphQL server and the parvis command.
