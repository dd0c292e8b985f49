//! What a transformer is given, what it gives back, whom it can ask, and how far it may go.

use super::{Of, Topic, entry, plain};

pub(super) static HOOKS: Topic = Topic {
    name: "hooks",
    doc: "A file in transformers/ is one file of JavaScript, or of TypeScript if its name ends in .ts. It exports the functions that it \
          has, with export, module.exports or export default; createWebhookTransformer({ … }) around them is accepted. An endpoint names the \
          file and switches each function on (antiphon help endpoints transformers). Each function has one argument, an object, \
          and may be async. Where it fails, abortOnError says what follows.",
    parts: &[plain(
        Of::Hooks,
        &[
            entry(
                &["handleInput({ endpoint, request, response })"],
                "A request at the door of the endpoint, before anything checks its body. What it gives back is the input, { userId, sessionId, text, \
                 data }; members that are missing are those of request.body. With null, or anything falsy, the input is dropped. \
                 What it answers with response is what the caller gets, once the input is on the disk. A request that comes again with the same \
                 Idempotency-Key is answered as the first time, and nothing runs; only an answer of 400 and more to a dropped input is not kept.",
            ),
            entry(
                &[
                    "handleInject({ endpoint, request, response })",
                    "handleNotify({ endpoint, request, response })",
                ],
                "The same for what is posted to /inject and to /notify.",
            ),
            entry(
                &["handleOutput({ endpoint, output, processedOutput, userId, sessionId })"],
                "One output, before it is committed. output is { text, data, traceId, disableSensitiveLogging, source }, processedOutput the body that \
                 would be sent. What it gives back is sent instead, of any kind; with null, or anything falsy, nothing is. Where it fails, the output \
                 goes out as it was, or nowhere without a webhook; with abortOnError it is a dead letter, with a webhook or without.",
            ),
            entry(
                &["handleExecutionFinished({ endpoint, userId, sessionId })"],
                "Behind a flow that is through with an input, and behind its outputs. What it gives back is not looked at.",
            ),
        ],
    )],
    example: "export const handleInput = async ({ endpoint, request, response }) => ({ text: request.body.text.trim() });",
};

pub(super) static ENDPOINT: Topic = Topic {
    name: "endpoint",
    doc: "The endpoint, as its file says. It is a copy: nothing that is changed in it lasts.",
    parts: &[plain(
        Of::Members("endpoint"),
        &[
            entry(&["name", "_id"], "Its name."),
            entry(
                &["settings"],
                "What its file has under settings; secrets stand there, as ${NAME} of the environment.",
            ),
            entry(
                &["URLToken", "flowId", "active", "locale", "timezone"],
                "Its urlToken, flow, enabled, locale and timezone.",
            ),
            entry(
                &["channel", "useContactProfiles", "useConversations", "useAnalytics", "maskLogging"],
                "Always \"webhook\", true, true, false and true.",
            ),
        ],
    )],
    example: "",
};

pub(super) static REQUEST: Topic = Topic {
    name: "request",
    doc: "The request as it came. The key of the server (X-API-Key) is not in it.",
    parts: &[plain(
        Of::Members("request"),
        &[
            entry(&["method"], "POST; handleInput gets a GET too."),
            entry(
                &["headers"],
                "By names in small letters; those that came several times are joined with \", \".",
            ),
            entry(&["get(name)", "header(name)"], "A header, whatever the case of its name."),
            entry(&["query"], "The fields of the query; one that came several times is a list."),
            entry(
                &["body"],
                "What the JSON is, the fields of a form, or else the text. {} if there is none.",
            ),
            entry(&["rawBody"], "The body as a text. What is no UTF-8 in it is lost (\u{fffd})."),
            entry(&["rawBytes"], "The body as it came, a Buffer. Signatures are made of these bytes."),
            entry(&["originalUrl"], "The path and the query."),
            entry(&["ip"], "The address that the request came from."),
        ],
    )],
    example: "const right = crypto.createHmac(\"sha256\", endpoint.settings.secret).update(request.rawBytes).digest(\"hex\");",
};

pub(super) static RESPONSE: Topic = Topic {
    name: "response",
    doc: "What the caller gets instead of the usual answer, if it is sent: once, with send, json, sendStatus, redirect or end. All but get give \
          back the response. A status is from 200 to 599; there are at most 100 headers, and the whole is at most as large as a body may \
          be (limits.bodyBytes). Headers of the connection, like Content-Length, are left out, and so is the body with a status of 204, 205 or 304.",
    parts: &[plain(
        Of::Members("response"),
        &[
            entry(&["status(code)"], "200 if it is not called."),
            entry(&["statusCode", "headersSent"], "The status, to read and to set; and whether it was sent."),
            entry(
                &["set(name, value)", "header(name, value)", "setHeader(name, value)"],
                "A header; or several, as an object.",
            ),
            entry(&["get(name)"], "A header that was set."),
            entry(&["type(type)"], "The Content-Type; json, text, txt, html and xml are short for theirs."),
            entry(&["send(body)", "end(body)"], "A text; or an object, as JSON."),
            entry(&["json(value)"], "The value as JSON."),
            entry(&["sendStatus(code)"], "The status with its name as the body."),
            entry(&["redirect(status, url)"], "To another address; 302 if the status is left out."),
        ],
    )],
    example: "response.status(401).json({ error: \"the signature is not ours\" });\nreturn null;",
};

pub(super) static HTTP_REQUEST: Topic = Topic {
    name: "httpRequest",
    doc: "Sends a request and gives a promise of the answer. With { uri } or just an address it is a GET. It goes only to public \
          addresses and to what egress.allow lists, follows no redirect and tries once. An Idempotency-Key goes with it, the same when the \
          run is done again after a crash. The promise gives the body; with a status of 400 and more it is rejected with an error that has \
          statusCode, error (the body) and response, without an answer with one that is called RequestError. An answer has \
          at most 256 KiB. Requests that are not awaited are sent too, and the run ends when all are answered. The transcript tells \
          of each in called: the function that sent it, the method, the host, and the status or why there was no answer.",
    parts: &[
        plain(Of::Globals, &[entry(&["httpRequest(options)"], "The options are:")]),
        plain(
            Of::Options,
            &[
                entry(&["uri", "url"], "Where to; one of them."),
                entry(&["method"], "GET (if absent), POST, PUT, PATCH, DELETE, HEAD or OPTIONS."),
                entry(&["headers"], "An object of names and values."),
                entry(&["body"], "A text; with json: true, anything that JSON has."),
                entry(
                    &["json"],
                    "true: body is sent as JSON and the answer is read as JSON, if it is such. An object is sent itself.",
                ),
                entry(&["qs", "query"], "An object of the fields that the address gets as a query."),
                entry(&["form"], "An object of the fields that are sent as a form."),
                entry(&["auth"], "{ user, pass }, { username, password } or { bearer }."),
                entry(&["timeout"], "Milliseconds; 8000 if absent, and never more than the run may wait."),
                entry(&["simple"], "false: a status of 400 and more is an answer like any other."),
                entry(&["resolveWithFullResponse"], "true: the promise gives { statusCode, headers, body }."),
            ],
        ),
    ],
    example: "const customer = await httpRequest({ uri: `${endpoint.settings.crm}/customers/7`, json: true, timeout: 2000 });",
};

pub(super) static STORAGE: Topic = Topic {
    name: "getSessionStorage",
    doc: "What the transformers of one session remember. It gives a promise of an object: what is changed in it is kept, written with the \
          commit of the input or output. A run that fails changes nothing. It is for JSON, at most limits.contextBytes of it, and it is \
          forgotten when it was not used for as long as a session is kept.",
    parts: &[plain(
        Of::Globals,
        &[entry(
            &["getSessionStorage(userId, sessionId)"],
            "Only of the session that the run belongs to; for an input that is the first one asked for.",
        )],
    )],
    example: "const storage = await getSessionStorage(userId, sessionId);\nstorage.count = (storage.count ?? 0) + 1;",
};

pub(super) static LIMITS: Topic = Topic {
    name: "limits",
    doc: "A run that reaches one fails; antiphon help settings limits tells how far each can be moved.",
    parts: &[
        plain(
            Of::Settings,
            &[
                entry(
                    &["limits.transformerMs"],
                    "What a run may compute: 5 seconds; what it waits for does not count.",
                ),
                entry(&["limits.transformerWaitMs"], "What it may wait, for all together: 30 seconds."),
                entry(&["limits.transformerMemoryBytes"], "Its memory: 64 MiB."),
                entry(&["limits.transformerRequests"], "Its requests: 5."),
                entry(
                    &["limits.bodyBytes"],
                    "Its result, its response and the body of each of its requests: 1 MiB each.",
                ),
                entry(&["limits.contextBytes"], "The storage of the session: 64 KiB."),
            ],
        ),
        super::Part {
            title: "not there, and what to write instead",
            of: Of::Missing,
            entries: &[
                entry(
                    &["require", "process", "setTimeout", "setInterval", "setImmediate"],
                    "Nor import: a transformer is one file, reads no file and no environment, and has no timers. What it waits for are requests.",
                ),
                entry(&["fetch", "XMLHttpRequest"], "Write httpRequest."),
                entry(&["eval", "WebAssembly"], "No code is made of text, with new Function neither."),
                entry(&["BigInt"], "Write a number, or a text if it has more than 15 digits."),
                entry(
                    &["Proxy", "WeakRef", "FinalizationRegistry", "SharedArrayBuffer", "Atomics", "Intl"],
                    "Dates and texts are in UTC and in English.",
                ),
            ],
        },
    ],
    example: "",
};
