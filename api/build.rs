//! Embeds GraphiQL's files when `npm ci --prefix web/explorer` has installed
//! them, so that the program needs no file beside it; writes an empty list
//! otherwise. Must not fetch anything. The other side: `api/src/explorer.rs`.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// File in `node_modules`, name under `/explorer/`, media type.
const FILES: [(&str, &str, &str); 7] = [
    ("react/umd/react.production.min.js", "react.js", "text/javascript; charset=utf-8"),
    ("react-dom/umd/react-dom.production.min.js", "react-dom.js", "text/javascript; charset=utf-8"),
    ("graphiql/graphiql.min.js", "graphiql.js", "text/javascript; charset=utf-8"),
    ("graphiql/graphiql.min.css", "graphiql.css", "text/css; charset=utf-8"),
    // their licence (MIT) asks that its text goes with every copy
    ("react/LICENSE", "react-licence.txt", "text/plain; charset=utf-8"),
    ("react-dom/LICENSE", "react-dom-licence.txt", "text/plain; charset=utf-8"),
    ("graphiql/LICENSE", "graphiql-licence.txt", "text/plain; charset=utf-8"),
];

fn main() -> io::Result<()> {
    let variable = |name: &str| env::var_os(name).map(PathBuf::from).ok_or_else(|| io::Error::other(name.to_owned()));
    let explorer = variable("CARGO_MANIFEST_DIR")?.join("../web/explorer");
    let modules = explorer.join("node_modules");
    let installed = FILES.iter().all(|(file, ..)| modules.join(file).is_file());
    println!("cargo::rerun-if-changed=build.rs");
    if !installed {
        // not the files themselves: cargo would build again and again for as long as they are missing
        println!("cargo::rerun-if-changed={}", explorer.display());
    }
    let lines = FILES.iter().filter(|_| installed).map(|(file, name, media)| {
        let path = modules.join(file);
        println!("cargo::rerun-if-changed={}", path.display());
        entry(&path, name, media)
    });
    let list = format!("static GRAPHIQL: &[Asset] = &[\n{}];\n", lines.collect::<String>());
    fs::write(variable("OUT_DIR")?.join("graphiql.rs"), list)
}

fn entry(path: &Path, name: &str, media: &str) -> String {
    format!("Asset {{ name: {name:?}, media: {media:?}, bytes: include_bytes!({path:?}) }},\n")
}
