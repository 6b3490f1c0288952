//! A server on a port of its own, in a thread of its own, for as long as a test holds it.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;

use actix_web::dev;
use realtid::history::History;
use realtid::{Chat, ChatConfig, HistoryKind, ServeConfig, Server};
use tokio::sync::oneshot;

pub struct TestServer {
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Keeps nothing on disk, and lets tests, all of one address, be as quick and as many as they like.
pub fn in_memory() -> ChatConfig {
    let mut config = limited();
    config.limits.no_rate_limits = true;
    config.limits.limit_connections_per_address = 0;
    config
}

/// Keeps nothing on disk, and is otherwise as it is by default.
pub fn limited() -> ChatConfig {
    ChatConfig {
        history: HistoryKind::Memory,
        ..ChatConfig::default()
    }
}

impl TestServer {
    pub fn start() -> Self {
        Self::with(in_memory())
    }

    pub fn with(config: ChatConfig) -> Self {
        Self::launch(move || Chat::start(config).unwrap())
    }

    pub fn with_history(config: ChatConfig, history: Arc<dyn History>) -> Self {
        Self::launch(move || Chat::with_history(config, history).unwrap())
    }

    /// The stand-alone server around a chat.
    fn launch(chat: impl FnOnce() -> Chat + Send + 'static) -> Self {
        Self::serve(move || {
            let config = ServeConfig {
                listen: "127.0.0.1:0".parse().unwrap(),
                assets: "no such directory".into(),
                workers: 1,
                transport: crate::TRANSPORT,
                no_writers_first: false,
                chat: in_memory(),
            };
            Server::bind(chat(), &config).unwrap()
        })
    }

    /// A stand-alone server of any kind.
    pub fn serve(bind: impl FnOnce() -> Server + Send + 'static) -> Self {
        Self::run(move |tell, stop| async move {
            let server = bind();
            tell.send(server.address()).unwrap();
            server.run(async { drop(stop.await) }).await.unwrap();
        })
    }

    /// Any server at all.
    pub fn app(
        serve: impl FnOnce(TcpListener) -> std::io::Result<dev::Server> + Send + 'static,
    ) -> Self {
        Self::run(move |tell, stop| async move {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            let server = serve(listener).unwrap();
            let handle = server.handle();
            let running = actix_web::rt::spawn(server);
            let _ = stop.await;
            handle.stop(false).await;
            running.await.unwrap().unwrap();
        })
    }

    fn run<F: Future<Output = ()>>(
        serve: impl FnOnce(mpsc::Sender<SocketAddr>, oneshot::Receiver<()>) -> F + Send + 'static,
    ) -> Self {
        let (tell, told) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            actix::System::new().block_on(serve(tell, stopped));
        });
        let address = told.recv().expect("the server did not start");
        Self {
            address,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Where the chat's socket is.
    pub fn ws(&self) -> String {
        format!("ws://{}/ws", self.address)
    }

    /// Tells the server to stop, as SIGTERM does.
    pub fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }

    /// Waits until the server has stopped.
    pub fn wait(&mut self) {
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
