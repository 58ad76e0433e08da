//! A log as files: every address that C2SP tlog-tiles has and no other, up to the published checkpoint, and
//! no entry that would tell a partial result.

use crate::town::Town;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use commands::Entropy;
use transparency::tile::hashes_from_bytes;
use transparency::{Checkpoint, Frontier, Policy, Tile, TileKind, leaf_hash};

struct Answer {
    status: StatusCode,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")))
    }
}

async fn get(town: &Town, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = town.send(request.body(Body::empty()).unwrap()).await;
    let status = response.status();
    let line = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
        format!("{name}: {}\n", value.to_str().unwrap())
    };
    let head = response.headers().iter().map(line).collect();
    Answer { status, head, body: to_bytes(response.into_body(), 1 << 24).await.unwrap().to_vec() }
}

/// Signs the head of the town's log, as its server does every second.
async fn sign(town: &Town) -> Checkpoint {
    let (store, key) = (town.store.clone(), town.folder.path().join("notary.key"));
    let head = store.logs().await.unwrap().remove(0);
    let checkpoint = Checkpoint { origin: head.origin.clone(), size: head.size, root: head.root };
    let signing = move || api::notary::sign(&store, &key, &head, &Entropy::seeded(1)).unwrap();
    tokio::task::spawn_blocking(signing).await.unwrap();
    checkpoint
}

/// The entries of a bundle.
fn entries(mut bundle: &[u8]) -> Vec<&[u8]> {
    let mut entries = Vec::new();
    while let Some((length, rest)) = bundle.split_first_chunk::<2>() {
        let (entry, rest) = rest.split_at(usize::from(u16::from_be_bytes(*length)));
        entries.push(entry);
        bundle = rest;
    }
    assert!(bundle.is_empty());
    entries
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_served_is_the_log_up_to_its_checkpoint() {
    let town = Town::configured().await;
    for path in ["checkpoint", "tile/0/000.p/1", "tile/entries/000.p/1"] {
        let answer = get(&town, &format!("/log/T26/{path}"), &[]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "nothing is signed yet: {path}");
        assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    for number in 0..260 {
        town.grant(&format!("MODERATOR:m{number}")).await;
    }
    let signed = sign(&town).await;
    assert!(signed.size > 260, "{}", signed.size);
    let served = get(&town, "/log/T26/checkpoint", &[]).await;
    assert_eq!(served.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(served.header("cache-control"), Some("public, max-age=1"));
    let key = town.folder.path().join("notary.key");
    let key = api::keys::signer(&key, &signed.origin, &Entropy::seeded(1)).unwrap();
    let (checkpoint, _) = Policy::of_log(key.verifier().clone()).check(served.text()).unwrap();
    assert_eq!(checkpoint, signed);

    // All tiles of the tree: the leaves hash to what stands above them, and to the root.
    let (mut leaves, mut hashes, mut frontier) = (Vec::new(), Vec::new(), Frontier::new());
    for tile in Tile::all(signed.size) {
        let answer = get(&town, &format!("/log/T26/{tile}"), &[]).await;
        assert_eq!(answer.status, StatusCode::OK, "{tile}");
        assert_eq!(answer.header("content-type"), Some("application/octet-stream"));
        assert_eq!(answer.header("cache-control"), Some("public, max-age=31536000, immutable"));
        match tile.kind {
            TileKind::Entries => leaves.extend(entries(&answer.body).into_iter().map(leaf_hash)),
            TileKind::Hashes(0) => hashes.extend(hashes_from_bytes(&answer.body).unwrap()),
            TileKind::Hashes(level) => {
                let above = hashes_from_bytes(&answer.body).unwrap();
                let mut below = Frontier::new();
                hashes[..256].iter().for_each(|hash| below.push(*hash));
                assert_eq!((level, above), (1, vec![below.root()]));
            }
        }
    }
    assert_eq!(leaves, hashes);
    hashes.iter().for_each(|hash| frontier.push(*hash));
    assert_eq!((frontier.size(), frontier.root()), (signed.size, signed.root));

    // Every narrower tile is there as well: an earlier checkpoint may have been of its size.
    for width in 1..256 {
        let answer = get(&town, &format!("/log/T26/tile/0/000.p/{width}"), &[]).await;
        assert_eq!(hashes_from_bytes(&answer.body).unwrap(), hashes[..width]);
        let answer = get(&town, &format!("/log/T26/tile/entries/000.p/{width}"), &[]).await;
        assert_eq!(entries(&answer.body).into_iter().map(leaf_hash).collect::<Vec<_>>(), hashes[..width]);
    }
    // What was written since isn't, until it is signed.
    let next = format!("/log/T26/tile/0/001.p/{}", signed.size + 1 - 256);
    town.grant("MODERATOR:late").await;
    assert_eq!(get(&town, &next, &[]).await.status, StatusCode::NOT_FOUND);
    assert!(sign(&town).await.size > signed.size);
    assert_eq!(get(&town, &next, &[]).await.status, StatusCode::OK);

    for path in [
        "tile/0/001",
        "tile/0/002.p/1",
        "tile/1/000.p/2",
        "tile/1/000",
        "tile/2/000.p/1",
        "tile/63/000.p/1",
        "tile/entries/001",
        "tile/64/000",
        "tile/0/0",
        "tile/0/x000/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/00/000",
        "tile/data/000",
        "tile/entries/000.p/1/",
        "tile/0/000.p/1?x",
        "tile/0/%30%30%30.p/1",
        "tile//0/000",
        "tile/",
        "tile",
    ] {
        let answer = get(&town, &format!("/log/T26/{path}"), &[]).await;
        // A query and percent signs are spellings of the same address to HTTP.
        let same = path.contains(['?', '%']);
        assert_eq!(answer.status, if same { StatusCode::OK } else { StatusCode::NOT_FOUND }, "{path}");
    }
    assert_eq!(get(&town, "/log/T27/tile/0/000", &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(get(&town, "/log/T27/checkpoint", &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_are_named_and_entries_travel_compressed() {
    let town = Town::configured().await;
    sign(&town).await;
    let entries = "/log/T26/tile/entries/000.p/3";
    let plain = get(&town, entries, &[]).await;
    let packed = get(&town, entries, &[("accept-encoding", "br, gzip")]).await;
    assert_eq!((plain.header("content-encoding"), packed.header("content-encoding")), (None, Some("gzip")));
    assert_eq!(plain.header("vary"), packed.header("vary"));
    assert!(plain.header("vary").unwrap().contains("accept-encoding"));
    assert!(packed.body.len() < plain.body.len() && packed.header("etag") != plain.header("etag"));
    let mut unpacked = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&*packed.body), &mut unpacked).unwrap();
    assert_eq!(unpacked, plain.body);
    let tile = get(&town, "/log/T26/tile/0/000.p/3", &[("accept-encoding", "gzip")]).await;
    assert_eq!(tile.header("content-encoding"), None, "hashes don't compress");
    for (path, headers) in [
        (entries, &[][..]),
        (entries, &[("accept-encoding", "gzip")]),
        ("/log/T26/tile/0/000.p/3", &[]),
        ("/log/T26/checkpoint", &[]),
    ] {
        let tag = get(&town, path, headers).await.header("etag").unwrap().to_owned();
        let again = get(&town, path, &[headers, &[("if-none-match", &tag)]].concat()).await;
        assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0), "{path}");
        assert_eq!(again.header("etag"), Some(&*tag));
        let other = get(&town, path, &[headers, &[("if-none-match", "\"other\"")]].concat()).await;
        assert_eq!(other.status, StatusCode::OK);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_that_would_tell_a_partial_result_wait_for_the_result() {
    let (town, projects) = Town::voting().await;
    let frozen = sign(&town).await.size;
    for voter in ["a", "b"] {
        town.vote(voter, &[&projects[0]]).await;
    }
    let size = sign(&town).await.size;
    assert!(size > frozen && size < 256);
    let given = async |width: u64| get(&town, &format!("/log/T26/tile/entries/000.p/{width}"), &[]).await;
    let mut public = 0;
    for width in 1..=size {
        let answer = given(width).await;
        if answer.status == StatusCode::OK {
            assert_eq!(width, public + 1, "no hole");
            public = width;
            let read = entries(&answer.body);
            let last = String::from_utf8_lossy(read.last().unwrap()).into_owned();
            assert!(!last.contains("\"stream\":\"ballot/"), "{last}");
        } else {
            assert_eq!(answer.status, StatusCode::NOT_FOUND);
            assert!(answer.text().contains("partial result"), "{}", answer.text());
            assert_eq!(answer.header("cache-control"), Some("no-store"));
        }
        // Hashes tell nothing.
        assert_eq!(get(&town, &format!("/log/T26/tile/0/000.p/{width}"), &[]).await.status, StatusCode::OK);
    }
    assert!(public > 0 && public <= frozen, "{public} of {frozen}");
    town.proclaim().await;
    let size = sign(&town).await.size;
    for width in 1..=size {
        assert_eq!(given(width).await.status, StatusCode::OK, "{width} of {size}");
    }
}
