//! How a server ends: what is under way first, the rest cut off, and never late.

use std::io::Write;
use std::thread::sleep;
use std::time::Duration;

use rustix::process::Signal;

use crate::http::{connect, read};
use crate::site::Site;

#[test]
fn either_signal_ends_it_well_though_clients_hold_on() {
    let site = Site::new();
    for signal in [Signal::TERM, Signal::INT] {
        let server = site.serve();
        let silent = connect(&server.address);
        let mut idle = connect(&server.address);
        idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        idle.peek(&mut [0]).unwrap();
        server.signal(signal);
        let (status, took) = server.wait();
        println!("{signal:?}: stopped after {took:?}");
        assert_eq!(status.code(), Some(0), "{status:?}");
        assert!(took < Duration::from_secs(10), "{took:?}");
        drop((silent, idle));
    }
}

#[test]
fn a_request_that_has_begun_is_answered() {
    let site = Site::new();
    let mut server = site.serve();
    let mut begun = connect(&server.address);
    begun.write_all(b"GET /healthz HTTP/1.1\r\nHost: loc").unwrap();
    sleep(Duration::from_millis(200));
    server.signal(Signal::TERM);
    sleep(Duration::from_millis(200));
    assert!(server.is_running(), "it waits for the request");
    begun.write_all(b"alhost\r\n\r\n").unwrap();
    assert_eq!(read(begun).status, 200);
    let (status, took) = server.wait();
    assert_eq!(status.code(), Some(0), "{status:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn a_request_that_never_ends_is_cut_off_in_time() {
    let site = Site::new();
    let server = site.serve();
    let mut begun = connect(&server.address);
    begun.write_all(b"GET /healthz HTTP/1.1\r\nHost: loc").unwrap();
    sleep(Duration::from_millis(200));
    server.signal(Signal::TERM);
    let (status, took) = server.wait();
    println!("stopped after {took:?}");
    assert_eq!(status.code(), Some(0), "{status:?}");
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[test]
fn the_second_signal_waits_for_nobody() {
    let site = Site::new();
    let mut server = site.serve();
    let mut begun = connect(&server.address);
    begun.write_all(b"GET /healthz HTTP/1.1\r\nHost: loc").unwrap();
    sleep(Duration::from_millis(200));
    server.signal(Signal::TERM);
    sleep(Duration::from_millis(200));
    assert!(server.is_running());
    server.signal(Signal::TERM);
    let (status, took) = server.wait();
    assert_eq!(status.code(), Some(130), "{status:?}");
    assert!(took < Duration::from_secs(3), "{took:?}");
    // What was committed is there.
    site.serve().stop();
}
