//! Keys of model services, sealed at rest: the file that holds them, the master key that opens it, and how both change.
//!
//! Nothing here reads the environment, a clock or chance: names, times and random bytes are given. No key is printed, and
//! none leaves but as a [`secrecy::SecretString`].

mod disk;
mod error;
mod file;
mod master;
mod name;
mod seal;
mod store;

pub use disk::{Disk, SystemDisk};
pub use error::KeyError;
pub use master::{Master, MasterPlace};
pub use name::{KeyName, KeyNameError};
pub use store::{Entropy, KeyLine, KeyStore, Opened};
