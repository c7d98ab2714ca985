//! TCP as the system has it; within a simulation the simulated one (feature `sim`).

use std::io;
use std::net::SocketAddr;
use tokio::io::{AsyncRead, AsyncWrite};

/// What comes in.
pub type Reader = Box<dyn AsyncRead + Send + Sync + Unpin>;
/// What goes out.
pub type Writer = Box<dyn AsyncWrite + Send + Sync + Unpin>;

/// One connection.
pub struct Connection {
    /// What comes in.
    pub reader: Reader,
    /// What goes out.
    pub writer: Writer,
}

/// Waits for connections.
pub enum Listener {
    /// The system's.
    System(tokio::net::TcpListener),
    /// A simulated phone's.
    #[cfg(feature = "sim")]
    Simulated(turmoil::net::TcpListener),
}

impl Connection {
    /// Connects to `host:port`.
    ///
    /// # Errors
    /// What the system says.
    pub async fn open(peer: &str) -> io::Result<Self> {
        #[cfg(feature = "sim")]
        if turmoil::in_simulation() {
            return Ok(Self::simulated(turmoil::net::TcpStream::connect(peer).await?));
        }
        Ok(Self::system(tokio::net::TcpStream::connect(peer).await?))
    }

    fn system(stream: tokio::net::TcpStream) -> Self {
        // One that was reset already is noticed when it is read, not by who accepts.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection was gone at once");
        }
        let (reader, writer) = stream.into_split();
        Self { reader: Box::new(reader), writer: Box::new(writer) }
    }

    #[cfg(feature = "sim")]
    fn simulated(stream: turmoil::net::TcpStream) -> Self {
        let (reader, writer) = stream.into_split();
        Self { reader: Box::new(reader), writer: Box::new(writer) }
    }
}

impl Listener {
    /// Listens; port 0 takes a free one.
    ///
    /// # Errors
    /// What the system says.
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        #[cfg(feature = "sim")]
        if turmoil::in_simulation() {
            return turmoil::net::TcpListener::bind(address).await.map(Self::Simulated);
        }
        tokio::net::TcpListener::bind(address).await.map(Self::System)
    }

    /// The next connection, and where it comes from. May be dropped while it waits.
    ///
    /// # Errors
    /// What the system says; the listener goes on.
    pub async fn accept(&self) -> io::Result<(Connection, SocketAddr)> {
        match self {
            Self::System(listener) => {
                let (stream, from) = listener.accept().await?;
                Ok((Connection::system(stream), from))
            }
            #[cfg(feature = "sim")]
            Self::Simulated(listener) => {
                let (stream, from) = listener.accept().await?;
                Ok((Connection::simulated(stream), from))
            }
        }
    }

    /// Where it listens.
    ///
    /// # Errors
    /// What the system says.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        match self {
            Self::System(listener) => listener.local_addr(),
            #[cfg(feature = "sim")]
            Self::Simulated(listener) => listener.local_addr(),
        }
    }
}
