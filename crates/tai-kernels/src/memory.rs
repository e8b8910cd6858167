//! Numbers, in memory of their own or in a mapped file.

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use crate::mmap::Map;

/// Numbers of which every pattern of bits is one, and the order of whose bytes is that of the files: the least first.
pub(crate) trait Number: Copy + Default + Send + Sync + 'static {}
impl Number for f32 {}
impl Number for u32 {}

const _: () = assert!(cfg!(target_endian = "little"), "files of weights are mapped as they are");

/// What a cache moves at once.
pub(crate) const LINE: usize = 64;

/// Bytes of one line of the cache, and on one.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([u8; LINE]);

/// Numbers that begin on a line of the cache. What grows is 0.
#[derive(Default)]
pub(crate) struct Buffer<T> {
    lines: Vec<Line>,
    len: usize,
    of: PhantomData<T>,
}

impl<T: Number> Buffer<T> {
    pub(crate) fn new(len: usize) -> Self {
        let mut buffer = Self { lines: Vec::new(), len: 0, of: PhantomData };
        buffer.reserve(len);
        buffer
    }

    /// Makes it at least this long.
    pub(crate) fn reserve(&mut self, len: usize) {
        if self.len < len {
            self.lines.resize((len * size_of::<T>()).div_ceil(LINE), Line([0; LINE]));
            self.len = len;
        }
    }
}

impl<T: Number> Deref for Buffer<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: `lines` holds `len` numbers (`reserve`), all bytes of it are written, and `Number` makes each pattern of them a number.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.len) }
    }
}

impl<T: Number> DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as in `deref`, and the borrow is exclusive.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.len) }
    }
}

/// Numbers that do not change any more, wherever they are.
pub(crate) enum View<T> {
    Own(Buffer<T>),
    Mapped {
        map: Arc<Map>,
        /// In bytes; a multiple of the size of a number.
        start: usize,
        len: usize,
    },
}

impl<T: Number> View<T> {
    /// `len` numbers of a file from byte `start` on; `None` where they are not there, or begin at an odd place.
    pub(crate) fn mapped(map: &Arc<Map>, start: usize, len: usize) -> Option<Self> {
        let end = len.checked_mul(size_of::<T>()).and_then(|bytes| bytes.checked_add(start))?;
        let fits = end <= map.len() && map[start..].as_ptr().addr().is_multiple_of(align_of::<T>());
        fits.then(|| Self::Mapped { map: Arc::clone(map), start, len })
    }

    pub(crate) fn from_fn(len: usize, number: impl FnMut(usize) -> T) -> Self {
        let mut buffer = Buffer::new(len);
        let mut number = number;
        buffer.iter_mut().enumerate().for_each(|(at, place)| *place = number(at));
        Self::Own(buffer)
    }

    /// As they are in a file.
    pub(crate) fn bytes(&self) -> &[u8] {
        let numbers: &[T] = self;
        // SAFETY: `Number`s have no padding, so all their bytes are written.
        unsafe { std::slice::from_raw_parts(numbers.as_ptr().cast(), size_of_val(numbers)) }
    }
}

impl<T: Number> Deref for View<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        match self {
            Self::Own(buffer) => buffer,
            // SAFETY: `mapped` checked the bounds and the alignment, the map lives as long as `self`, and `Number` makes each pattern of bits a number.
            Self::Mapped { map, start, len } => unsafe {
                std::slice::from_raw_parts(map.as_ptr().add(*start).cast(), *len)
            },
        }
    }
}
