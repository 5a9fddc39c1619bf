//! A bounded set of read connections.

use parking_lot::{Condvar, Mutex};
use rusqlite::Connection;

#[derive(Debug)]
pub(crate) struct Pool {
    connections: Vec<Mutex<Connection>>,
    free: Mutex<Vec<usize>>,
    returned: Condvar,
}

impl Pool {
    pub(crate) fn of(connections: Vec<Connection>) -> Self {
        let connections: Vec<_> = connections.into_iter().map(Mutex::new).collect();
        let free = Mutex::new((0..connections.len()).collect());
        Self { connections, free, returned: Condvar::new() }
    }

    /// Runs `read` on a free connection; waits for one if need be.
    pub(crate) fn with<T>(&self, read: impl FnOnce(&Connection) -> T) -> T {
        let ticket = Ticket { pool: self, index: self.take() };
        read(&self.connections[ticket.index].lock())
    }

    fn take(&self) -> usize {
        let mut free = self.free.lock();
        loop {
            if let Some(index) = free.pop() {
                return index;
            }
            self.returned.wait(&mut free);
        }
    }
}

/// Gives the connection back, also when a read panics.
struct Ticket<'a> {
    pool: &'a Pool,
    index: usize,
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        self.pool.free.lock().push(self.index);
        self.pool.returned.notify_one();
    }
}
