//! The audit suite of `graphql-http`, over a real connection.

use std::path::Path;
use std::process::Command;

use tokio::net::TcpListener;

use super::*;

#[tokio::test]
async fn every_audit_of_graphql_over_http_passes() {
    let conformance = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/conformance");
    assert!(
        conformance.join("node_modules/graphql-http").is_dir(),
        "the audit suite is not installed: run `npm ci --prefix tests/conformance` first"
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/graphql", listener.local_addr().unwrap());
    let server = tokio::spawn(async move { axum::serve(listener, Sample::new().router).await });
    let audit = move || Command::new("node").arg(conformance.join("audit.mjs")).arg(url).output();
    let output = tokio::task::spawn_blocking(audit).await.unwrap().expect("node must be installed to run the audits");
    server.abort();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("61 audits: 61 ok"), "{said}");
}
