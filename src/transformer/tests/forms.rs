//! The forms in which a file can be written, and what is told of one that is wrong.

use super::*;

/// What the function of a hook gives back.
fn given(name: &str, text: &str, hook: Hook) -> Value {
    done(start(&mut pool(), &job(&file(name, text), hook)))
        .result
        .unwrap_or_else(|why| panic!("{text}: {why:?}"))
}

#[test]
fn every_form_of_exporting_a_function_is_understood() {
    for text in [
        "export default createWebhookTransformer({ handleInput: async ({ request }) => ({ text: request.body.text }) });",
        "export default createRestTransformer({ handleInput({ request }) { return { text: request.body.text } } })",
        "export const handleInput = async ({ request }) => ({ text: request.body.text });",
        "export let other = 1, handleInput = ({ request }) => ({ text: request.body.text });",
        "export function handleInput({ request }) { return { text: request.body.text } }",
        "export async function handleInput({ request }) { return { text: request.body.text } }",
        "const a = ({ request }) => ({ text: request.body.text });\nexport { a as handleInput };",
        "export {\n  handleInput,\n};\nfunction handleInput({ request }) { return { text: request.body.text } }",
        "export const { handleInput } = { handleInput: ({ request }) => ({ text: request.body.text }) };",
        "export default { handleInput: ({ request }) => ({ text: request.body.text }) }",
        "const hooks = {};\nhooks.handleInput = ({ request }) => ({ text: request.body.text });\nexport default hooks",
        "module.exports = { handleInput: ({ request }) => ({ text: request.body.text }) };",
        "module.exports = createWebhookTransformer({ handleInput: ({ request }) => ({ text: request.body.text }) })",
        "exports.handleInput = ({ request }) => ({ text: request.body.text }); // the end",
        "module.exports.handleInput = function ({ request }) { return { text: request.body.text } }",
        "exports.default = { handleInput: ({ request }) => ({ text: request.body.text }) }",
        "export default class { static handleInput({ request }) { return { text: request.body.text } } }",
        "#!/usr/bin/env node\nexport const handleInput = ({ request }) => ({ text: request.body.text });",
    ] {
        assert_eq!(given("shop.js", text, Hook::Input), json!({ "text": "héllo 😀" }), "{text}");
        assert_eq!(
            given("shop.ts", text, Hook::Input),
            json!({ "text": "héllo 😀" }),
            "{text} as TypeScript"
        );
    }
}
