//! Random harm to what clients send: documents, forms with files, and the headers that say who asks.
//!
//! Owns three loops, each for `PARVIS_FUZZ_SECONDS` seconds (three when nothing is said). An input may be
//! refused, never answered with a fault (500), a panic or no code; one that is, is written to a file named in
//! the failure. `PARVIS_FUZZ_SEED` repeats a run. What should come of well-known attacks: `cop.rs`.

use crate::town::{COORDINATOR, HOST, Town, proposal};
use axum::body::{Body, to_bytes};
use axum::http::{HeaderName, HeaderValue, Request, StatusCode, Uri};
use commands::Entropy;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;
use tower::ServiceExt;

/// What no answer may take, on a busy machine and without optimisation.
const LONGEST: Duration = Duration::from_secs(20);
/// What an input grows to: more than a body may have.
const LARGEST: usize = 100_000;

/// Draws and harms; the same seed does the same.
struct Fuzzer {
    entropy: Entropy,
    seed: u64,
    name: &'static str,
    until: Instant,
    done: u64,
}

impl Fuzzer {
    fn new(name: &'static str) -> Self {
        let said = |variable: &str| std::env::var(variable).ok().map(|value| value.parse::<u64>().unwrap());
        let seed = said("PARVIS_FUZZ_SEED").unwrap_or_else(|| Entropy::system().unwrap().uuid().as_u64_pair().0);
        let seconds = said("PARVIS_FUZZ_SECONDS").unwrap_or(3);
        let until = Instant::now() + Duration::from_secs(seconds);
        Self { entropy: Entropy::seeded(seed), seed, name, until, done: 0 }
    }

    /// A number below this one, or 0.
    fn below(&self, bound: usize) -> usize {
        usize::try_from(self.entropy.below(u64::try_from(bound).unwrap())).unwrap()
    }

    fn one<'a, T: ?Sized>(&self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }

    /// Bytes like these, harmed some times; words are what gets a parser further than bytes do.
    fn harm(&self, seed: &[u8], words: &[&str]) -> Vec<u8> {
        let mut bytes = seed.to_vec();
        for _ in 0..self.below(4) {
            let from = self.below(bytes.len());
            let to = from + self.below((bytes.len() - from).min(40)) + usize::from(!bytes.is_empty());
            match self.below(6) {
                0 if !bytes.is_empty() => bytes[from] = self.entropy.bytes()[0],
                1 => drop(bytes.drain(from..to)),
                2 => {
                    let word = self.one(words).as_bytes().to_vec();
                    bytes.splice(from..from, word);
                }
                3 => {
                    let word = self.one(words).as_bytes().to_vec();
                    bytes.splice(from..to, word);
                }
                4 => bytes.truncate(from),
                _ => {
                    let times = [1, 2, 20, 500][self.below(4)];
                    let more = bytes[from..to].repeat(times);
                    bytes.splice(from..from, more);
                }
            }
            bytes.truncate(LARGEST);
        }
        bytes
    }

    /// Sends a request made of an input; its status. Fails for a panic, a fault, a long wait or a no without a code.
    async fn send(&mut self, town: &Town, request: Request<Body>, input: &[u8]) -> StatusCode {
        self.done += 1;
        let (router, started) = (town.router.clone(), Instant::now());
        let answered = tokio::spawn(async move {
            let answer = router.oneshot(request).await.unwrap();
            let status = answer.status();
            (status, to_bytes(answer.into_body(), 1 << 26).await.unwrap())
        });
        let wrong = match answered.await {
            Err(panic) => format!("a panic: {panic}"),
            Ok((status, body)) => {
                let answer = serde_json::from_slice::<Value>(&body).unwrap_or_default();
                let coded = answer["errors"].as_array().is_none_or(|errors| {
                    !errors.is_empty() && errors.iter().all(|error| error["extensions"]["code"].is_string())
                });
                match () {
                    () if status == StatusCode::INTERNAL_SERVER_ERROR => format!("a fault: {answer}"),
                    () if !coded => format!("an error without a code: {answer}"),
                    () if started.elapsed() > LONGEST => format!("{} s", started.elapsed().as_secs()),
                    () => return status,
                }
            }
        };
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{}-{}", self.name, self.done));
        std::fs::write(&file, input).unwrap();
        panic!("{}: {wrong}; the input is {}, PARVIS_FUZZ_SEED={}", self.name, file.display(), self.seed);
    }

    fn goes_on(&self) -> bool {
        Instant::now() < self.until
    }

    fn tell(&self, answers: u64) {
        eprintln!("fuzz {}: {} inputs, {answers} taken, seed {}", self.name, self.done, self.seed);
        assert!(self.done > 20 && answers > 0, "{}: {} inputs, {answers} taken", self.name, self.done);
    }
}

/// Documents that work, with whatever a document can have.
const DOCUMENTS: [&str; 6] = [
    "{ campaign(code: \"T26\") { code title areas { code name } currentPhase } }",
    "query Q($code: String!, $n: Int = 5) { proposals(campaign: $code, first: $n, order: RANDOM, seed: \"x\") \
     { totalCount pageInfo { endCursor hasNextPage } edges { cursor node { id title } } } }",
    "fragment A on Campaign { code ...B } fragment B on Campaign { title @skip(if: false) ... on Campaign { year } } \
     query { a: campaign(code: \"T26\") { ...A } log(campaign: \"T26\") { size root } }",
    "{ __schema { types { name kind fields(includeDeprecated: true) { name type { ofType { name } } } } } }",
    "mutation M($input: DepositProposalInput!) { depositProposal(input: $input) { receipt { position } \
     rejections { code field message } } }",
    "query ($id: ID!) { node(id: $id) { __typename id } viewer { until } # a comment\n s: campaigns(last: 3, before: \
     \"\"\"x\"\"\") { nodes { code } } }",
];

const WORDS: [&str; 28] = [
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "...",
    "\"",
    "\"\"\"",
    "\\u{D800}",
    "$",
    "@include(if: true)",
    "fragment A on Query {",
    "...A",
    "__typename",
    "a: ",
    "query ",
    "mutation ",
    "subscription ",
    "null",
    "-1e999",
    "99999999999999999999",
    "#",
    "\u{feff}",
    "e\u{301}",
    "\0",
    "{campaign(code:\"T26\"){",
    "input: {",
];

#[tokio::test(flavor = "multi_thread")]
async fn no_document_is_a_fault() {
    let town = Town::configured().await;
    let token = town.known(COORDINATOR).await.token;
    let (mut fuzzer, mut taken) = (Fuzzer::new("documents"), 0);
    while fuzzer.goes_on() {
        let seed = fuzzer.one(&DOCUMENTS);
        let document = String::from_utf8_lossy(&fuzzer.harm(seed.as_bytes(), &WORDS)).into_owned();
        let mut input = proposal("Une mare");
        input["commandId"] = json!(town.command_id());
        let body =
            json!({ "query": document, "variables": { "code": "T26", "id": "VDI2", "input": input } }).to_string();
        let request = match fuzzer.below(4) {
            0 => {
                let pairs: String = document.bytes().map(|byte| format!("%{byte:02X}")).collect();
                Request::get(format!("/graphql?query={}", pairs.get(..60_000).unwrap_or(&pairs))).body(Body::empty())
            }
            1 => Request::post("/graphql").body(Body::from(fuzzer.harm(body.as_bytes(), &WORDS))),
            _ => Request::post("/graphql").body(Body::from(body.clone())),
        };
        let mut request = request.unwrap();
        let headers = request.headers_mut();
        headers.insert("host", HeaderValue::from_static(HOST));
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        headers.insert("accept", HeaderValue::from_static("application/graphql-response+json"));
        if fuzzer.below(2) == 0 {
            headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
        }
        taken += u64::from(fuzzer.send(&town, request, body.as_bytes()).await.is_success());
    }
    fuzzer.tell(taken);
}

/// Boundaries and headers of a form around this file.
fn form(file: &[u8]) -> Vec<u8> {
    let head = "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n";
    [head.as_bytes(), file, b"\r\n--edge--\r\n"].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_form_is_a_fault() {
    let town = Town::configured().await;
    // A picture of one pixel (PNG), and a small document.
    let pixel = "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc000000301010018dd8db00000000049454e44ae426082";
    let files = [
        hex::decode(pixel).unwrap(),
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n".to_vec(),
        [b"\xff\xd8\xff\xe0\x00\x10JFIF\0".as_slice(), &[0; 40]].concat(),
        [b"RIFF\x24\0\0\0WEBPVP8L".as_slice(), &[0; 40]].concat(),
    ];
    let words = [
        "\r\n",
        "--edge",
        "--edge--",
        "name=\"file\"",
        "filename*=UTF-8''%00",
        "JS",
        "/JavaScript",
        "IHDR",
        "IDAT",
        "\u{7f}\u{7f}",
        "obj",
        ";",
        ":",
        "\"",
        "Content-Disposition: form-data",
    ];
    let (mut fuzzer, mut taken, mut sender) = (Fuzzer::new("forms"), 0, 0);
    while fuzzer.goes_on() {
        let refs: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
        let file = fuzzer.one(&refs);
        let body = match fuzzer.below(3) {
            0 => form(file),
            1 => form(&fuzzer.harm(file, &words)),
            _ => fuzzer.harm(&form(file), &words),
        };
        let kind = if fuzzer.below(8) == 0 {
            fuzzer.harm(b"multipart/form-data; boundary=edge", &words)
        } else {
            b"multipart/form-data; boundary=edge".to_vec()
        };
        let Ok(kind) = HeaderValue::from_bytes(&kind) else { continue };
        let token = town.known(&format!("CITIZEN:{sender}")).await.token;
        let request = Request::post("/uploads")
            .header("host", HOST)
            .header("parvis-csrf", "1")
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", kind)
            .body(Body::from(body.clone()))
            .unwrap();
        match fuzzer.send(&town, request, &body).await {
            StatusCode::CREATED => taken += 1,
            StatusCode::CONFLICT => sender += 1, // they keep as many as they may
            _ => {}
        }
    }
    fuzzer.tell(taken);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_header_is_a_fault() {
    let town = Town::configured().await;
    let token = town.known(COORDINATOR).await.token;
    let bearer = format!("Bearer {token}");
    let lines: [(&str, &str); 12] = [
        ("authorization", &bearer),
        ("cookie", "__Host-parvis=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA; other=1"),
        ("host", HOST),
        ("origin", "https://town.example"),
        ("sec-fetch-site", "same-origin"),
        ("forwarded", "for=\"[2001:db8::1]:80\";proto=https"),
        ("x-forwarded-for", "198.51.100.7, 203.0.113.9"),
        ("content-type", "application/json; charset=utf-8"),
        ("accept", "application/graphql-response+json;q=0.9, text/html, */*;q=0.1"),
        ("accept-language", "de-CH, fr;q=0.5, *;q=0"),
        ("if-none-match", "W/\"0123456789abcdef\", *"),
        ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    ];
    let paths = [
        "/graphql",
        "/graphql?query=%7B__typename%7D",
        "/me/data.json",
        "/uploads/ab",
        "/attachments/ab",
        "/sign-in",
        "/sign-in/callback?code=x&state=y",
        "/open-data/T26.parvis",
        "/health/ready",
        "/log/T26/checkpoint",
        "/log/T26/tile/0/000.p/1",
        "/log/T26/tile/entries/000.p/1",
        "/",
    ];
    let words = [
        "Bearer ",
        "Basic ",
        "=",
        ";",
        ",",
        "\"",
        "q=",
        "*",
        "%",
        "..",
        "/",
        "%2e%2e%2f",
        "null",
        "[::1]",
        ":0",
        "\u{e9}",
        "=-",
    ];
    let (mut fuzzer, mut taken) = (Fuzzer::new("headers"), 0);
    while fuzzer.goes_on() {
        let mut path = fuzzer.one(&paths).as_bytes().to_vec();
        if fuzzer.below(4) == 0 {
            path = [b"/".as_slice(), &fuzzer.harm(&path, &words)].concat();
        }
        let Ok(uri) = Uri::try_from(path.as_slice()) else { continue };
        let method = fuzzer.one(&["GET", "POST", "POST", "HEAD", "OPTIONS", "PUT", "DELETE"]);
        let mut request =
            Request::builder().method(method).uri(uri).body(Body::from("{\"query\":\"{__typename}\"}")).unwrap();
        request.headers_mut().insert("host", HeaderValue::from_static(HOST));
        let mut input = format!("{method} {}\n", String::from_utf8_lossy(&path)).into_bytes();
        for _ in 0..=fuzzer.below(4) {
            let (name, value) = lines[fuzzer.below(lines.len())];
            let value =
                if fuzzer.below(3) == 0 { value.as_bytes().to_vec() } else { fuzzer.harm(value.as_bytes(), &words) };
            let Ok(line) = HeaderValue::from_bytes(&value) else { continue };
            input.extend([name.as_bytes(), b": ", &value, b"\n"].concat());
            if fuzzer.below(5) == 0 {
                request.headers_mut().append(HeaderName::from_bytes(name.as_bytes()).unwrap(), line);
            } else {
                request.headers_mut().insert(HeaderName::from_bytes(name.as_bytes()).unwrap(), line);
            }
        }
        taken += u64::from(fuzzer.send(&town, request, &input).await.is_success());
    }
    fuzzer.tell(taken);
}
