//! The layer under SQLite: a VFS that hands every call to the default one and tells a [`FaultDisk`] first.
//!
//! The only unsafe code of the testkit. SQLite calls these functions with pointers that it made by `sqlite3_vfs::szOsFile`
//! and `xOpen`; each function says on what it relies.
#![expect(unsafe_code, reason = "SQLite's VFS is an interface of C")]

use std::collections::BTreeMap;
use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::ptr::null_mut;
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError, Weak};

use libsqlite3_sys as ffi;

use super::disk::{Fault, FaultDisk, Op};

/// What the layer is called.
pub(super) const NAME: &CStr = c"divisi-faults";

/// The disks by the folders that they stand for.
static DISKS: Mutex<BTreeMap<PathBuf, Weak<FaultDisk>>> = Mutex::new(BTreeMap::new());

/// Puts the disk under its folder, for as long as somebody holds it.
pub(super) fn mount(disk: &Arc<FaultDisk>) {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(register);
    let mut disks = disks();
    disks.retain(|_, disk| disk.strong_count() > 0);
    disks.insert(disk.root().to_owned(), Arc::downgrade(disk));
}

fn disks() -> MutexGuard<'static, BTreeMap<PathBuf, Weak<FaultDisk>>> {
    DISKS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn disk_of(path: &Path) -> Option<Arc<FaultDisk>> {
    let disks = disks();
    path.ancestors().find_map(|folder| disks.get(folder)).and_then(Weak::upgrade)
}

/// An open file: what SQLite sees, what we know of it, and behind both the file of the default VFS.
#[repr(C)]
struct File {
    base: ffi::sqlite3_file,
    /// From `Box::into_raw`; taken back by `close`.
    known: *mut Known,
}

struct Known {
    disk: Option<Arc<FaultDisk>>,
    path: PathBuf,
    /// As the default VFS does: the first sync of a new journal syncs its name too.
    name_unsynced: bool,
}

fn register() {
    // SAFETY: `sqlite3_vfs_find` initialises the library and gives the default VFS, which lives as long as the process; it
    // is copied. The copy is leaked, so SQLite may keep it for ever; its functions are those below.
    unsafe {
        let Some(real) = ffi::sqlite3_vfs_find(std::ptr::null()).as_ref() else { return };
        let mut layer = *real;
        layer.szOsFile += c_int::try_from(size_of::<File>()).unwrap_or(0);
        layer.pNext = null_mut();
        layer.zName = NAME.as_ptr();
        layer.pAppData = std::ptr::from_ref(real).cast_mut().cast();
        layer.iVersion = 1;
        layer.xOpen = Some(open);
        layer.xDelete = Some(delete);
        layer.xAccess = Some(access);
        layer.xFullPathname = Some(full_pathname);
        ffi::sqlite3_vfs_register(Box::into_raw(Box::new(layer)), 0);
    }
}

/// SAFETY: `vfs` is the layer that [`register`] made.
unsafe fn real_vfs(vfs: *mut ffi::sqlite3_vfs) -> *mut ffi::sqlite3_vfs {
    // SAFETY: `pAppData` of the layer is the default VFS.
    unsafe { (*vfs).pAppData.cast() }
}

/// SAFETY: `file` is one that SQLite made for this layer, `szOsFile` long.
unsafe fn real_file(file: *mut ffi::sqlite3_file) -> *mut ffi::sqlite3_file {
    // SAFETY: the bytes behind `File` are there for the file of the default VFS, and are aligned as `File` is.
    unsafe { file.cast::<File>().add(1).cast() }
}

/// SAFETY: as [`real_file`], and `open` has succeeded on it.
unsafe fn known<'f>(file: *mut ffi::sqlite3_file) -> &'f mut Known {
    // SAFETY: `open` put a box there, which only `close` takes away; SQLite uses a file from one thread at a time.
    unsafe { &mut *(*file.cast::<File>()).known }
}

/// SAFETY: `name` is null or a string that ends with a zero.
unsafe fn path_of(name: *const c_char) -> PathBuf {
    if name.is_null() {
        return PathBuf::new();
    }
    // SAFETY: the caller says so.
    PathBuf::from(OsStr::from_bytes(unsafe { CStr::from_ptr(name) }.to_bytes()))
}

/// Calls the same function of the file of the default VFS.
macro_rules! real {
    ($file:expr, $function:ident $(, $argument:expr)*) => {{
        // SAFETY: `open` succeeded, so the file of the default VFS has its methods, and all of these are there.
        let real = unsafe { real_file($file) };
        match unsafe { (*(*real).pMethods).$function } {
            // SAFETY: the arguments are SQLite's own.
            Some(function) => unsafe { function(real $(, $argument)*) },
            None => ffi::SQLITE_IOERR,
        }
    }};
}

/// Functions that only hand on.
macro_rules! hand_on {
    ($($name:ident = $function:ident($($argument:ident: $kind:ty),*);)*) => {$(
        unsafe extern "C" fn $name(file: *mut ffi::sqlite3_file $(, $argument: $kind)*) -> c_int {
            real!(file, $function $(, $argument)*)
        }
    )*};
}

hand_on! {
    read = xRead(into: *mut c_void, bytes: c_int, offset: ffi::sqlite3_int64);
    file_size = xFileSize(size: *mut ffi::sqlite3_int64);
    lock = xLock(kind: c_int);
    unlock = xUnlock(kind: c_int);
    check_reserved = xCheckReservedLock(out: *mut c_int);
    file_control = xFileControl(verb: c_int, argument: *mut c_void);
    sector_size = xSectorSize();
    characteristics = xDeviceCharacteristics();
    shm_map = xShmMap(page: c_int, bytes: c_int, extend: c_int, out: *mut *mut c_void);
    shm_lock = xShmLock(offset: c_int, count: c_int, flags: c_int);
    shm_unmap = xShmUnmap(delete: c_int);
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    // Without memory maps: every write comes by `xWrite`.
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

unsafe extern "C" fn shm_barrier(file: *mut ffi::sqlite3_file) {
    // SAFETY: as in `real!`.
    unsafe {
        let real = real_file(file);
        if let Some(function) = (*(*real).pMethods).xShmBarrier {
            function(real);
        }
    }
}

unsafe extern "C" fn open(
    vfs: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives the layer, a name or null, and `szOsFile` bytes to make a file of.
    unsafe {
        (*file).pMethods = std::ptr::null();
        let path = path_of(name);
        let (is_new, disk) = (!path.exists(), disk_of(&path));
        let real = real_vfs(vfs);
        let Some(function) = (*real).xOpen else { return ffi::SQLITE_CANTOPEN };
        let opened = function(real, name, real_file(file), flags, out);
        if opened != ffi::SQLITE_OK {
            return opened;
        }
        let creates = is_new && flags & ffi::SQLITE_OPEN_CREATE != 0;
        if let Some(disk) = disk.as_ref().filter(|_| creates) {
            disk.note(Op::Create(path.clone()));
        }
        let journal = ffi::SQLITE_OPEN_WAL | ffi::SQLITE_OPEN_MAIN_JOURNAL | ffi::SQLITE_OPEN_SUPER_JOURNAL;
        let name_unsynced = creates && flags & journal != 0;
        (*file.cast::<File>()).known = Box::into_raw(Box::new(Known { disk, path, name_unsynced }));
        (*file).pMethods = &raw const METHODS;
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    let closed = real!(file, xClose);
    // SAFETY: `open` made the box, and SQLite does not use a file after it closed it.
    unsafe {
        drop(Box::from_raw((*file.cast::<File>()).known));
        (*file).pMethods = std::ptr::null();
    }
    closed
}

/// What SQLite is told.
const fn code(fault: Fault, io: c_int) -> c_int {
    match fault {
        Fault::Io => io,
        Fault::Full => ffi::SQLITE_FULL,
    }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    from: *const c_void,
    bytes: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: the file is open, and `from` has as many bytes as SQLite says.
    let (known, data) = unsafe {
        let length = usize::try_from(bytes).unwrap_or(0);
        (known(file), std::slice::from_raw_parts(from.cast::<u8>(), length))
    };
    let at = offset.cast_unsigned();
    if let Some(disk) = &known.disk
        && let Err(fault) = disk.judge(Some((&known.path, at + data.len() as u64)))
    {
        return code(fault, ffi::SQLITE_IOERR_WRITE);
    }
    let written = real!(file, xWrite, from, bytes, offset);
    if let Some(disk) = known.disk.as_ref().filter(|_| written == ffi::SQLITE_OK) {
        disk.note(Op::Write(known.path.clone(), at, data.into()));
    }
    written
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: ffi::sqlite3_int64) -> c_int {
    // SAFETY: the file is open.
    let known = unsafe { known(file) };
    if let Some(disk) = &known.disk
        && let Err(fault) = disk.judge(None)
    {
        return code(fault, ffi::SQLITE_IOERR_TRUNCATE);
    }
    let cut = real!(file, xTruncate, size);
    if let Some(disk) = known.disk.as_ref().filter(|_| cut == ffi::SQLITE_OK) {
        disk.note(Op::Truncate(known.path.clone(), size.cast_unsigned()));
    }
    cut
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    // SAFETY: the file is open.
    let known = unsafe { known(file) };
    let Some(disk) = &known.disk else { return real!(file, xSync, flags) };
    if let Err(fault) = disk.judge(None) {
        return code(fault, ffi::SQLITE_IOERR_FSYNC);
    }
    disk.note(Op::Sync(known.path.clone()));
    if std::mem::take(&mut known.name_unsynced)
        && let Some(folder) = known.path.parent()
    {
        disk.note(Op::SyncFolder(folder.to_owned()));
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn delete(vfs: *mut ffi::sqlite3_vfs, name: *const c_char, sync_folder: c_int) -> c_int {
    // SAFETY: SQLite gives the layer and a name.
    let (path, real) = unsafe { (path_of(name), real_vfs(vfs)) };
    // SAFETY: the default VFS has all its functions.
    let deleted = match unsafe { (*real).xDelete } {
        // SAFETY: the arguments are SQLite's own; nothing need be synced really.
        Some(function) => unsafe { function(real, name, 0) },
        None => ffi::SQLITE_IOERR_DELETE,
    };
    if let Some(disk) = disk_of(&path).filter(|_| deleted == ffi::SQLITE_OK) {
        disk.note(Op::Remove(path.clone()));
        if let Some(folder) = path.parent().filter(|_| sync_folder != 0) {
            disk.note(Op::SyncFolder(folder.to_owned()));
        }
    }
    deleted
}

unsafe extern "C" fn access(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives the layer and its own arguments; the default VFS has all its functions.
    unsafe {
        let real = real_vfs(vfs);
        (*real).xAccess.map_or(ffi::SQLITE_IOERR_ACCESS, |function| function(real, name, flags, out))
    }
}

unsafe extern "C" fn full_pathname(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    bytes: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: as in `access`.
    unsafe {
        let real = real_vfs(vfs);
        (*real).xFullPathname.map_or(ffi::SQLITE_CANTOPEN, |function| function(real, name, bytes, out))
    }
}
