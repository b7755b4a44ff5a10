//! The network between an indexer and its server: cut, stalled, and losing replies, while photos come and go.

use std::thread;
use std::time::Duration;

use foray_tests::{Contents, Disk, Random, Sandbox, Wire, Workload, wait_until};

use crate::Outcome;
use crate::reference::Reference;
use crate::stage::{CATCH_UP, indexer, serve, serve_with_token, status_with_token};

const ROUNDS: usize = 40;
const STEPS_A_ROUND: usize = 15;

pub fn run() -> Outcome {
    let (far, near) = (Sandbox::new(), Sandbox::new());
    let mut workload = Workload::new(near.photos(), 7);
    let mut server = serve_with_token(&far);
    let wire = Wire::to(server.base());
    let mut feeding = indexer(&near, wire.url());
    let mut random = Random(8);
    let (mut cuts, mut stalls) = (0, 0);
    for round in 0..ROUNDS {
        (0..STEPS_A_ROUND).for_each(|_| workload.step());
        wire.lose_next_reply();
        thread::sleep(Duration::from_secs_f64(0.1 + 1.5 * random.fraction()));
        if round % 2 == 0 {
            wire.cut();
            cuts += 1;
        } else {
            wire.stall(true);
            thread::sleep(Duration::from_secs_f64(2.0 * random.fraction()));
            wire.stall(false);
            stalls += 1;
        }
    }
    let disk = Disk::read(&near.photos());
    disk.wait_until_counted(CATCH_UP, || status_with_token(&server));
    wait_until("the indexer watches", CATCH_UP, || status_with_token(&server)["progress"]["phase"] == "watching");
    feeding.kill().unwrap();
    feeding.wait().unwrap();
    server.signal("TERM");
    assert!(server.wait().success());
    let contents = Contents::of(&far, &far.library());
    assert_eq!(Disk::of_catalogue(&contents), disk);
    let answers = Reference(&contents).check(&serve(&far));
    Ok(vec![
        format!("{cuts} cuts, {stalls} stalls of up to 2 s, {} replies to commits lost", wire.lost_replies()),
        format!(
            "in the end {} photos in {} files and {} failures, as on the disk; {answers} answers as the exact ones",
            disk.photos.len(),
            disk.files(),
            disk.failures.len()
        ),
    ])
}
