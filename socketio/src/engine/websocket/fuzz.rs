//! Any bytes as frames, and any text as packets: nothing panics, and each ends its session or does
//! not; either way nothing of it is left when its connection has gone.

use proptest::prelude::*;
use tokio::io::AsyncWriteExt as _;

use super::tests::{Silent, config};
use super::*;
use crate::engine::registry::Registry;

fn run(written: &[u8], joins: bool) {
    actix_web::rt::System::new().block_on(async {
        let registry = Registry::new(1);
        let slot = registry.reserve().unwrap();
        let (ours, mut theirs) = tokio::io::duplex(64 * 1024);
        let upgrade = if joins {
            let begun = session::begin(Silent, slot, Carrier::Polling, &config());
            Upgrade::join(begun.entry, config())
        } else {
            Upgrade::begin(Silent, slot, config())
        };
        theirs.write_all(written).await.unwrap();
        theirs.shutdown().await.unwrap();
        upgrade.run(ours, Vec::new()).await;
        // A session that polls is still there, and ends as any other.
        registry.close();
        tokio::time::pause();
        // All deadlines but those of pings.
        tokio::time::sleep(Duration::from_secs(600)).await;
        assert_eq!(registry.len(), 0);
    });
}

/// As one masked frame.
fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x80 | opcode, 0xfe];
    frame.extend(u16::try_from(payload.len()).unwrap().to_be_bytes());
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200), joins: bool) {
        run(&bytes, joins);
    }

    #[test]
    fn any_packets_are_survived(
        packets in prop::collection::vec(("[0-9b]?(probe)?\\PC{0,20}", 0..11_u8), 0..8),
        joins: bool,
    ) {
        let frames: Vec<_> = packets
            .iter()
            .flat_map(|(text, opcode)| frame(*opcode, text.as_bytes()))
            .collect();
        run(&frames, joins);
    }
}
