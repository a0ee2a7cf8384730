//! The scripted mail server beside a test that is no future itself.

use std::sync::mpsc;

use crate::server::{Script, Server};

/// A mail server that lives as long as the tests do.
pub(crate) fn mail_server(script: Script) -> Server {
    let (hand_over, take) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            hand_over.send(Server::start(script).await).unwrap();
            std::future::pending::<()>().await;
        });
    });
    take.recv().unwrap()
}
