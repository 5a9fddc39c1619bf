pub struct SqliteIndex;
pub enum IndexOrigin {}
