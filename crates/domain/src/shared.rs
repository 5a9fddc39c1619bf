//! Parts of a state that its copies share.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use minicbor::decode::{Decode, Decoder};
use minicbor::encode::{Encode, Encoder, Write};

/// A part of a state: copies of the state share it until one of them changes it, which copies it first. It is written and
/// compared as what it holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Shared<T>(Arc<T>);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> From<T> for Shared<T> {
    fn from(part: T) -> Self {
        Self(Arc::new(part))
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Clone> DerefMut for Shared<T> {
    fn deref_mut(&mut self) -> &mut T {
        Arc::make_mut(&mut self.0)
    }
}

impl<C, T: Encode<C>> Encode<C> for Shared<T> {
    fn encode<W: Write>(
        &self,
        encoder: &mut Encoder<W>,
        context: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        self.0.as_ref().encode(encoder, context)
    }
}

impl<'b, C, T: Decode<'b, C>> Decode<'b, C> for Shared<T> {
    fn decode(decoder: &mut Decoder<'b>, context: &mut C) -> Result<Self, minicbor::decode::Error> {
        T::decode(decoder, context).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_shares_until_one_is_changed() {
        let first = Shared::from(vec![1_u8, 2]);
        let mut second = first.clone();
        assert!(Arc::ptr_eq(&first.0, &second.0));
        second.push(3);
        assert_eq!((first.as_slice(), second.as_slice()), (&[1, 2][..], &[1, 2, 3][..]));
        let place = Arc::as_ptr(&second.0);
        second.push(4);
        assert_eq!(place, Arc::as_ptr(&second.0), "nobody else has it: it is changed in place");
    }

    #[test]
    fn it_is_written_as_what_it_holds() {
        let shared = Shared::from("text".to_owned());
        let bytes = minicbor::to_vec(&shared).unwrap();
        assert_eq!(bytes, minicbor::to_vec("text").unwrap());
        assert_eq!(minicbor::decode::<Shared<String>>(&bytes).unwrap(), shared);
    }
}
