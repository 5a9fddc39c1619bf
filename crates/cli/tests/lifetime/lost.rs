//! An answer that is lost after the work was done.

use std::io::{BufReader, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::common::{Home, signal, wait_for};

/// Stands between a client and the owner, and loses the answer to the first submission.
fn lose_the_first_answer(listener: &UnixListener, owner: &Path) {
    let lost = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for client in listener.incoming() {
            let (client, owner, lost) = (client.unwrap(), UnixStream::connect(owner), &lost);
            // The owner has left.
            let Ok(owner) = owner else { return };
            scope.spawn(move || between(&client, &owner, lost));
        }
    });
}

fn between(mut client: &UnixStream, mut owner: &UnixStream, lost: &AtomicBool) {
    let mut head = [0; 5];
    let read = client.read(&mut head).unwrap();
    // Whoever only knocks says nothing.
    if read == 0 || owner.write_all(&head[..read]).is_err() {
        return;
    }
    let loses = head.starts_with(b"POST ") && !lost.swap(true, Ordering::Relaxed);
    let (mut from, mut to) = (client, owner);
    std::thread::scope(|scope| {
        scope.spawn(move || std::io::copy(&mut from, &mut to).map(|_| to.shutdown(Shutdown::Both)));
        let mut first = [0];
        if owner.read(&mut first).unwrap_or(0) > 0 && !loses {
            let _ = client.write_all(&first).and_then(|()| std::io::copy(&mut owner, &mut client));
        }
        let _ = client.shutdown(Shutdown::Both);
    });
}

#[test]
fn a_submission_whose_answer_was_lost_is_the_same_task_again() {
    let home = Home::new();
    let mut owner = home.command(&["up"]).spawn().unwrap();
    let mut said = BufReader::new(owner.stderr.take().unwrap());
    wait_for(&mut said, "Running the tasks");
    let (socket, real) = (home.path("data/socket"), home.path("data/real"));
    std::fs::rename(&socket, &real).unwrap();
    let listener = UnixListener::bind(&socket).unwrap();
    let (ran, list) = std::thread::scope(|scope| {
        scope.spawn(|| lose_the_first_answer(&listener, &real));
        let ran = home.run(&["run", "May I sell copies of the program?", "--file", "licence.txt"]);
        let list = home.run(&["task", "list", "--json"]);
        std::fs::remove_file(&real).unwrap();
        // The last knock finds nobody behind it.
        drop(UnixStream::connect(&socket).unwrap());
        (ran, list)
    });
    assert!(ran.exits(0).out.contains("## Sources"));
    let list = list.exits(0).json();
    assert_eq!(list["pagination"]["total"], 1, "{list}");
    signal(&owner, "-TERM");
    assert_eq!(owner.wait().unwrap().code(), Some(0));
}
