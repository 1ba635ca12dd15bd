//! Cuts up any bytes as an envelope. Nothing here may panic, allocate by a length field, or half succeed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use strongroom_sealing::Envelope;

fuzz_target!(|bytes: &[u8]| {
    let envelope = Envelope::from_bytes(bytes.to_vec());
    assert_eq!(envelope.kek_epoch().is_some(), envelope.payload_digest().is_some());
    assert_eq!(envelope.as_bytes(), bytes);
});
