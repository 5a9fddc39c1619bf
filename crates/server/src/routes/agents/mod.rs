pub(crate) mod status;
