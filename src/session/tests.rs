//! Sessions over a real store that refuses and holds what a test says, with a transformer whose gateway answers when a test says.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use actix::Arbiter;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::{Accepted, Brought, Engine, Event, Post, Refusal, Watch};
use crate::clock;
use crate::config::Overlay;
use crate::edge::Order;
use crate::model::{Input, Map, SessionId, Source};
use crate::project::{self, Live};
use crate::store::{self, Store};
use crate::transformer::{Hook, Job, Seed};

/// Every output goes to the gateway, and to nobody else; but for one word, which needs nothing but a moment.
const SCRIPT: &str = "export async function handleOutput({ endpoint, output }) {\n\
    if (output.text !== 'at once') await httpRequest({ uri: endpoint.settings.gateway, method: 'POST', body: output.text });\n\
    return null;\n}\n";

/// A server without doors, with the session of one user.
struct Stage {
    folder: PathBuf,
    engine: Arc<Engine>,
    id: SessionId,
    asked: UnboundedReceiver<Asked>,
}

/// A request that the gateway got and has not answered.
struct Asked {
    body: String,
    answer: oneshot::Sender<()>,
}

impl Stage {
    async fn new(flow: &str) -> Stage {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gateway = format!("http://{}", listener.local_addr().unwrap());
        let (sender, asked) = unbounded_channel();
        actix::spawn(serve(listener, sender));
        let folder = std::env::temp_dir().join(format!("antiphon-session-{}", clock::id()));
        let door = format!(
            "urlToken: 0123456789abcdef\nflow: main\nsettings: {{ gateway: \"{gateway}\" }}\n\
             transformers: {{ file: sms.js, output: true }}\n"
        );
        for (name, text) in [
            ("antiphon.yaml", "egress: { allow: [127.0.0.0/8] }\n"),
            ("flows/main.yaml", flow),
            ("endpoints/sms.yaml", &door),
            ("transformers/sms.js", SCRIPT),
        ] {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let root = folder.clone();
        let live = Live::open(move || project::load(&root, &Overlay::default(), &|_| None)).unwrap();
        let settings = store::Settings {
            path: folder.join(".state"),
            cache_bytes: 8 << 20,
            queue_max: 100,
            free_min_bytes: 0,
            free_min_percent: 0,
        };
        let engine = Engine::new(live, Store::open(settings).unwrap(), 1).unwrap();
        open_elsewhere(&engine).await;
        let [endpoint, user_id, session_id] = ["sms", "ann", "1"].map(str::to_owned);
        Stage { folder, engine, id: SessionId { endpoint, user_id, session_id }, asked }
    }

    /// The answer is dropped if the input is not accepted.
    fn says(&self, text: &str) -> oneshot::Receiver<Result<Accepted, Refusal>> {
        let (reply, answer) = oneshot::channel();
        let input = Input {
            input_id: clock::id(),
            trace_id: clock::id(),
            source: Source::User,
            text: text.to_owned(),
            data: None,
            received_at: clock::now(),
        };
        let (id, endpoint) = (self.id.clone(), self.engine.endpoint("sms").unwrap());
        let post = Post { id, endpoint, input, once: None, brought: Brought::default(), reply };
        self.engine.shard_of(&self.id.key()).unwrap().switchboard.do_send(post);
        answer
    }

    /// Its turns as they are committed.
    fn turns(&self) -> mpsc::Receiver<Event> {
        let (events, turns) = mpsc::channel(10);
        let watch = Watch { id: self.id.clone(), after: (0, 0), events };
        self.engine.shard_of(&self.id.key()).unwrap().switchboard.do_send(watch);
        turns
    }

    /// A run that is about no session, all the way to the gateway, which gets nothing else meanwhile.
    async fn probes(&mut self) {
        let (endpoint, project) = (self.engine.endpoint("sms").unwrap(), self.engine.project());
        let output = json!({ "text": "probe" });
        let job = Job {
            transformer: endpoint.transformers.as_ref().unwrap().transformer.clone(),
            hook: Hook::Output,
            arguments: Map::from_iter([
                ("endpoint".to_owned(), endpoint.object.clone()),
                ("output".to_owned(), output),
            ]),
            raw_body: None,
            now: clock::now(),
            seed: Seed::of(1, ""),
            bounds: project.transformer_bounds(),
            of: None,
            storage: None,
        };
        let (about, recall) = (vec!["probe".to_owned()], self.engine.recall("sms"));
        let (endpoint, wait_ms) = (endpoint.name.clone(), project.settings.limits.transformer_wait_ms);
        let order = Order { job, endpoint, about, recall, wait_ms };
        let engine = self.engine.clone();
        let answers = async {
            let Asked { body, answer } = self.asked().await;
            assert_eq!(body, "probe");
            answer.send(()).unwrap();
        };
        let (run, ()) = tokio::join!(engine.lanes.run(order), answers);
        assert_eq!(run.done.result, Ok(Value::Null));
    }

    async fn asked(&mut self) -> Asked {
        self.asked.recv().await.unwrap()
    }

    /// The text of the next turn, before which nothing more is sent.
    async fn says_next(&mut self, turns: &mut mpsc::Receiver<Event>) -> String {
        tokio::select! {
            turn = turns.recv() => {
                let record: Value = serde_json::from_str(&turn.unwrap().record).unwrap();
                record["outputs"][0]["text"].as_str().unwrap().to_owned()
            }
            again = self.asked.recv() => panic!("{:?} was sent again", again.unwrap().body),
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // It may hold the files still; then they stay in the folder for temporary files.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// On a thread of its own: a switchboard on one that panics, as a test that fails, ends the process.
async fn open_elsewhere(engine: &Arc<Engine>) {
    let (done, opened) = oneshot::channel();
    let engine = engine.clone();
    Arbiter::new().spawn_fn(move || {
        engine.open_shard();
        done.send(()).unwrap();
    });
    opened.await.unwrap();
}

async fn serve(listener: TcpListener, asked: UnboundedSender<Asked>) {
    while let Ok((stream, _)) = listener.accept().await {
        actix::spawn(talk(stream, asked.clone()));
    }
}

/// None: the other side hung up, or the test is over.
async fn talk(stream: TcpStream, asked: UnboundedSender<Asked>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if stream.read_line(&mut head).await.ok()? == 0 {
                return None;
            }
        }
        let head = head.to_lowercase();
        let length = head.split("content-length: ").nth(1)?.lines().next()?.parse().ok()?;
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.ok()?;
        let (answer, answered) = oneshot::channel();
        asked.send(Asked { body: String::from_utf8(body).ok()?, answer }).ok()?;
        answered.await.ok()?;
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.ok()?;
    }
}

#[actix::test]
async fn a_decided_turn_that_the_store_does_not_take_is_kept_and_committed_later_without_sending_again() {
    let flow = "- say: \"{{ input.text }}\"\n- wait: 1ms\n- say: \"{{ input.text }} again\"\n";
    let mut stage = Stage::new(flow).await;
    let mut turns = stage.turns();
    assert_eq!(stage.says("one").await.unwrap().unwrap().sequence, 1);
    let mut said = Vec::new();
    // Of an input from the queue, and of a wait.
    for refused in [1, 1, 0, 0] {
        let asked = stage.asked().await;
        if said.is_empty() {
            assert_eq!(stage.says("two").await.unwrap().unwrap().sequence, 2);
        }
        stage.engine.store.refuse_next(refused);
        asked.answer.send(()).unwrap();
        said.push(stage.says_next(&mut turns).await);
        assert_eq!(said.last(), Some(&asked.body));
    }
    assert_eq!(said, ["one", "one again", "two", "two again"]);
}

#[actix::test]
async fn of_a_posted_input_that_the_store_does_not_take_nothing_is_kept() {
    let mut stage = Stage::new("- say: \"{{ input.text }}\"\n").await;
    let mut turns = stage.turns();
    for lost in ["at once", "lost in the queue"] {
        stage.engine.store.refuse_next(1);
        assert!(stage.says(lost).await.is_err());
    }
    let accepted = stage.says("at once").await.unwrap().unwrap();
    assert_eq!((accepted.sequence, stage.says_next(&mut turns).await.as_str()), (1, "at once"));
}

#[actix::test]
async fn no_request_of_a_turn_leaves_before_its_input_is_on_the_disk() {
    let mut stage = Stage::new("- say: \"{{ input.text }}\"\n").await;
    let held = stage.engine.store.flushes().hold();
    let mut accepted = stage.says("hello");
    held.wait();
    // Time enough for what would not wait: each of these goes all the way that it would go.
    for _ in 0..20 {
        stage.probes().await;
    }
    assert!(accepted.try_recv().is_err());
    drop(held);
    assert_eq!(stage.asked().await.body, "hello");
    assert_eq!(accepted.await.unwrap().unwrap().sequence, 1);
}
