//! Guests: whoever comes by socket.io. They are visitors like all others, of the same rooms; what is
//! theirs is the words in which they talk of it, which are translated here, and nothing else.

mod events;
mod place;
mod typists;
mod vocabulary;
