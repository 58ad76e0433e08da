//! Bytes on a wire: clients that are slow, large, many or ambiguous, and an end that lets others finish.

use crate::support::Site;
use doors::{Settings, Timeouts};
use std::num::NonZeroU32;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

fn limits(settings: &mut Settings) {
    settings.timeouts = Timeouts { headers_s: 1, body_s: 1, ..Timeouts::default() };
}

async fn connect(site: &Site) -> TcpStream {
    TcpStream::connect(site.address).await.unwrap()
}

/// Everything until the server closes; it has to within ten seconds.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset is an end too.
    let _ = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut bytes)).await.expect("no end");
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn say(site: &Site, text: &str) -> String {
    let mut stream = connect(site).await;
    stream.write_all(text.replace("HOST", &site.address.to_string()).as_bytes()).await.unwrap();
    rest(&mut stream).await
}

#[tokio::test]
async fn headers_that_dont_come_end_the_connection() {
    let site = Site::with(limits).await;
    for begun in ["", "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "] {
        let mut stream = connect(&site).await;
        let (mut reader, mut writer) = stream.split();
        let began = Instant::now();
        let drip = async {
            let _ = writer.write_all(begun.as_bytes()).await;
            while !begun.is_empty() && writer.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            std::future::pending::<()>().await;
        };
        let mut bytes = Vec::new();
        tokio::select! {
            _ = reader.read_to_end(&mut bytes) => {}
            () = drip => {}
            () = tokio::time::sleep(Duration::from_secs(8)) => panic!("the connection is still open"),
        }
        assert!(began.elapsed() >= Duration::from_millis(900), "{begun}: closed after {:?}", began.elapsed());
    }
}

#[tokio::test]
async fn a_body_that_comes_too_slowly_is_given_up() {
    let site = Site::with(limits).await;
    for head in ["Content-Length: 100000", "Transfer-Encoding: chunked"] {
        let mut stream = connect(&site).await;
        let head = format!("POST /upload HTTP/1.1\r\nHost: {}\r\n{head}\r\n\r\n", site.address);
        stream.write_all(head.as_bytes()).await.unwrap();
        let (mut reader, mut writer) = stream.split();
        let drip = async {
            while writer.write_all(b"1\r\nx\r\n").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            std::future::pending::<()>().await;
        };
        let mut bytes = Vec::new();
        tokio::select! {
            _ = reader.read_to_end(&mut bytes) => {}
            () = drip => {}
            () = tokio::time::sleep(Duration::from_secs(8)) => panic!("the connection is still open"),
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(text.starts_with("HTTP/1.1 408") && text.contains("BODY_TOO_SLOW"), "{text}");
    }
    // One that comes well is let in, however long it is.
    let body = "x".repeat(1_000_000);
    let said = say(
        &site,
        &format!(
            "POST /upload HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ),
    )
    .await;
    assert!(said.starts_with("HTTP/1.1 200") && said.ends_with("1000000"), "{said}");
}

#[tokio::test]
async fn headers_have_a_size_and_a_number() {
    let site = Site::with(|_| ()).await;
    let close = "Host: HOST\r\nConnection: close\r\n";
    let long = say(&site, &format!("GET / HTTP/1.1\r\n{close}X-Long: {}\r\n\r\n", "x".repeat(100_000))).await;
    assert!(long.starts_with("HTTP/1.1 431") && long.contains("HEADERS_TOO_LARGE"), "{long}");
    let endless = say(&site, &format!("GET / HTTP/1.1\r\n{close}X-Long: {}", "x".repeat(500_000))).await;
    assert!(endless.starts_with("HTTP/1.1 431") || endless.is_empty(), "{endless}");
    let many: String = (0..200).map(|n| format!("X-{n}: y\r\n")).collect();
    let many = say(&site, &format!("GET / HTTP/1.1\r\n{close}{many}\r\n")).await;
    assert!(many.starts_with("HTTP/1.1 431"), "{many}");
    let path = say(&site, &format!("GET /{} HTTP/1.1\r\n{close}\r\n", "x".repeat(99_000))).await;
    assert!(path.starts_with("HTTP/1.1 4"), "{path}");
}

#[tokio::test]
async fn a_request_that_two_servers_would_read_differently_is_one_at_most() {
    let site = Site::with(|_| ()).await;
    let smuggled = "GET /seen HTTP/1.1\r\nHost: HOST\r\nX-Smuggled: 1\r\nConnection: close\r\n\r\n";
    for head in [
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5, 6",
        "Content-Length: +5",
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding : chunked",
        " Transfer-Encoding: chunked",
        "Transfer-Encoding:\u{b}chunked",
        "Host: evil.example",
    ] {
        let text = format!("POST /upload HTTP/1.1\r\nHost: HOST\r\n{head}\r\n\r\n0\r\n\r\n{smuggled}");
        let said = say(&site, &text).await;
        assert!(!said.contains("x-smuggled"), "{head}: {said}");
        // This one is lawful by its chunks alone, if nothing is read after it (RFC 9112, section 6.1).
        let lawful = head == "Content-Length: 5\r\nTransfer-Encoding: chunked";
        assert_eq!(said.matches("HTTP/1.1 200").count(), usize::from(lawful), "{head}: {said}");
    }
    let old = say(&site, "POST /upload HTTP/1.0\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n").await;
    assert!(!old.contains(" 200 "), "{old}");
}

#[tokio::test]
async fn one_address_has_so_many_connections() {
    let few = NonZeroU32::new(3).unwrap();
    let site = Site::with(|settings| settings.timeouts.connections_per_ip = few).await;
    let ask = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", site.address);
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut stream = connect(&site).await;
        stream.write_all(ask("/").as_bytes()).await.unwrap();
        assert!(stream.read(&mut [0; 4_096]).await.unwrap() > 0);
        held.push(stream);
    }
    let mut more = connect(&site).await;
    let _ = more.write_all(ask("/").as_bytes()).await;
    assert_eq!(rest(&mut more).await, "");
    held.pop();
    // Its place is free once the server has seen it go.
    for _ in 0..50 {
        let mut again = connect(&site).await;
        let _ = again.write_all(ask("/").as_bytes()).await;
        if again.read(&mut [0; 4_096]).await.unwrap_or(0) > 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("a place that was left stays taken");
}

#[tokio::test]
async fn who_is_being_answered_is_answered_also_at_the_end() {
    let mut site = Site::with(|_| ()).await;
    let mut idle = connect(&site).await;
    let mut busy = connect(&site).await;
    let head = format!("POST /upload HTTP/1.1\r\nHost: {}\r\nContent-Length: 5\r\n\r\nab", site.address);
    busy.write_all(head.as_bytes()).await.unwrap();
    // Answered on another connection: the server has taken both that came before.
    assert!(say(&site, "GET / HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n").await.contains("nobody"));
    tokio::time::sleep(Duration::from_millis(100)).await;
    site.stop.take().unwrap().send(()).unwrap();
    assert_eq!(rest(&mut idle).await, "");
    busy.write_all(b"cde").await.unwrap();
    let said = rest(&mut busy).await;
    assert!(said.starts_with("HTTP/1.1 200") && said.ends_with('5'), "{said}");
    tokio::time::timeout(Duration::from_secs(5), site.served).await.unwrap().unwrap();
    assert!(TcpStream::connect(site.address).await.is_err());
}
