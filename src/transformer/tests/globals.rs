//! What a transformer finds beyond the language.

use super::*;

fn all_true(expressions: &[&str]) {
    let body = format!("return [{}]", expressions.join(",\n"));
    let found = value(&body);
    for (expression, held) in expressions.iter().zip(found.as_array().expect("a list")) {
        assert_eq!(held, &json!(true), "{expression}");
    }
}

#[test]
fn hashes_are_those_of_node() {
    all_true(&[
        "crypto.createHash('sha1').update('abc').digest('hex') === 'a9993e364706816aba3e25717850c26c9cd0d89d'",
        "crypto.createHash('SHA-256').update('a').update('bc').digest('hex') === 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'",
        "crypto.createHash('sha512').update('').digest('base64').startsWith('z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg')",
        "crypto.createHash('sha384').update('abc').digest().length === 48",
        "crypto.createHmac('sha256', 'key').update('The quick brown fox jumps over the lazy dog').digest('hex') === 'f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8'",
        "crypto.createHmac('sha256', Buffer.from('key')).update('é').digest('base64url') === crypto.createHmac('sha256', 'key').update(new TextEncoder().encode('é')).digest('base64url')",
        "crypto.timingSafeEqual(Buffer.from('abc'), Buffer.from('abc'))",
        "!crypto.timingSafeEqual(Buffer.from('abc'), Buffer.from('abd'))",
        "/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID())",
        "crypto.randomBytes(8).length === 8",
    ]);
}

#[test]
fn wrong_calls_say_what_there_is() {
    for (body, why) in [
        ("crypto.createHash('md5')", "createHash: there is no md5; there are sha1, sha256, sha384, sha512"),
        ("crypto.createHash('sha1').update(1)", "write a text, a Buffer or a Uint8Array"),
        ("crypto.createHash('sha1').update('a').digest('utf9')", "digest: there is no utf9"),
        ("crypto.timingSafeEqual(Buffer.from('a'), Buffer.from('ab'))", "have to have the same length"),
        ("new URL('nowhere')", "URL: \"nowhere\" is no address"),
        ("Buffer.from('a', 'utf9')", "Buffer: there is no utf9"),
        ("atob('a*b')", "atob: this is no base64"),
        ("btoa('😀')", "btoa: a character is beyond"),
        ("moment().add(1, 'fortnight')", "moment: there is no unit fortnight"),
        ("moment().utcOffset(60)", "there is no other zone than UTC"),
        ("getSessionStorage('ann')", "write getSessionStorage(userId, sessionId)"),
        ("structuredClone(() => 1)", "a function cannot be cloned"),
        ("_.debounce(() => 1)", "_.debounce is not there"),
        ("moment.tz('a')", "moment.tz is not there"),
        ("setTimeout(() => 1)", "setTimeout is not defined"),
    ] {
        let failure = failure(&format!("return {body}"));
        assert!(failure.text.contains(why), "{body}: {failure:?}");
    }
}

#[test]
fn texts_and_bytes_go_into_each_other() {
    all_true(&[
        "Buffer.from('é😀').toString('hex') === 'c3a9f09f9880'",
        "Buffer.from('c3a9', 'hex').toString() === 'é'",
        "Buffer.from('aGk', 'base64').toString() === 'hi' && Buffer.from('aGk=', 'base64').toString() === 'hi'",
        "Buffer.from('-_8', 'base64url').toString('base64') === '+/8='",
        "Buffer.from([104, 105]).toString() === 'hi' && Buffer.isBuffer(Buffer.alloc(2)) && !Buffer.isBuffer(new Uint8Array(1))",
        "Buffer.concat([Buffer.from('a'), Buffer.from('b')]).equals(Buffer.from('ab'))",
        "JSON.stringify(Buffer.from('a')) === '{\"type\":\"Buffer\",\"data\":[97]}'",
        "Buffer.byteLength('é') === 2 && Buffer.from('abc').subarray(1).toString() === 'bc'",
        "new TextDecoder().decode(new TextEncoder().encode('é')) === 'é'",
        "btoa('\\xff') === '/w==' && atob('/w==') === '\\xff' && atob(' aG k=') === 'hi'",
        "structuredClone(new Map([[1, { a: [new Date(0)] }]])).get(1).a[0].getTime() === 0",
        "(() => { const a = { b: 1 }; a.a = a; const c = structuredClone(a); return c !== a && c.a === c && c.b === 1 })()",
    ]);
}

#[test]
fn addresses_follow_the_rules_of_the_web() {
    all_true(&[
        "new URL('../c?d=1#e', 'https://u:p@a.example:8080/b/').href === 'https://u:p@a.example:8080/c?d=1#e'",
        "(({ protocol, username, password, host, hostname, port, pathname, search, hash, origin }) => [protocol, username, password, host, hostname, port, pathname, search, hash, origin].join(' '))(new URL('https://u:p@a.example:81/b?c=1#d')) === 'https: u p a.example:81 a.example 81 /b ?c=1 #d https://a.example:81'",
        "(() => { const u = new URL('https://a.example/'); u.searchParams.append('q', 'a b'); u.pathname = '/x y'; return `${u}` === 'https://a.example/x%20y?q=a+b' })()",
        "new URLSearchParams('?a=1&a=2&b=%20').getAll('a').join() === '1,2'",
        "new URLSearchParams({ a: 'é', b: 1 }).toString() === 'a=%C3%A9&b=1'",
        "[...new URLSearchParams([['a', '1']])][0].join() === 'a,1'",
        "URL.canParse('https://a.example') && !URL.canParse('a')",
        "JSON.stringify({ u: new URL('https://a.example') }) === '{\"u\":\"https://a.example/\"}'",
    ]);
}

#[test]
fn moment_reads_counts_and_writes() {
    all_true(&[
        "moment().toISOString() === '2026-11-24T02:37:07.123Z'",
        "moment('2024-01-31').add(1, 'month').format('YYYY-MM-DD') === '2024-02-29'",
        "moment('2024-03-31').subtract(1, 'M').format('L') === '02/29/2024'",
        "moment('2024-05-15T13:04:05.006Z').format('dddd, MMMM Do YYYY, h:mm:ss.SSS a [at] Z') === 'Wednesday, May 15th 2024, 1:04:05.006 pm at +00:00'",
        "moment('24.12.2024 18:30', 'DD.MM.YYYY HH:mm').toISOString() === '2024-12-24T18:30:00.000Z'",
        "moment('2024-13-01').isValid() === false && moment('x').format() === 'Invalid date'",
        "moment('31.02.2024', 'DD.MM.YYYY').isValid() === false",
        "moment('2024-05-15').diff('2024-05-01', 'days') === 14 && moment('2024-05-15').diff('2023-05-16', 'years') === 0",
        "moment('2024-05-15').diff(moment('2024-01-15'), 'months') === 4",
        "moment('2024-05-15').isBefore('2024-05-16') && moment('2024-05-15T10:00').isSame('2024-05-15', 'day')",
        "moment('2024-05-15').isBetween('2024-05-15', '2024-05-16', 'day', '[]')",
        "moment('2024-05-15').startOf('isoWeek').format('YYYY-MM-DD') === '2024-05-13' && moment('2024-05-15').startOf('week').date() === 12",
        "moment('2024-02-10').endOf('month').toISOString() === '2024-02-29T23:59:59.999Z'",
        "moment.unix(0).unix() === 0 && moment(5).valueOf() === 5 && moment.utc([2024, 0, 2]).date() === 2",
        "moment.duration(90, 'minutes').asHours() === 1.5 && moment().add(moment.duration({ hours: 1 })).hour() === 3",
        "moment().subtract(3, 'hours').fromNow() === '3 hours ago' && moment().add(2, 'days').fromNow() === 'in 2 days'",
        "moment('2024-12-30').isoWeek() === 1 && moment('2024-02-01').daysInMonth() === 29 && moment('2024-02-01').dayOfYear() === 32",
        "moment('2024-05-15').month(0).format('MMM') === 'Jan' && moment('2024-05-15').set('hour', 7).hours() === 7",
        "JSON.stringify({ m: moment(0) }) === '{\"m\":\"1970-01-01T00:00:00.000Z\"}' && moment(1) < moment(2) && moment.isMoment(moment())",
    ]);
}

#[test]
fn lodash_does_what_people_use_it_for() {
    all_true(&[
        "_.get({ a: [{ b: { c: 3 } }] }, 'a[0].b.c') === 3 && _.get(null, 'a.b', 'none') === 'none' && _.has({ a: { b: 1 } }, 'a.b')",
        "_.isEqual(_.set({}, 'a[0].b', 1), { a: [{ b: 1 }] }) && _.isEqual(_.pick({ a: 1, b: 2, c: 3 }, ['a', 'c']), { a: 1, c: 3 })",
        "_.isEqual(_.omit({ a: 1, b: { c: 2, d: 3 } }, 'b.c'), { a: 1, b: { d: 3 } })",
        "_.isEqual(_.merge({ a: { b: 1 } }, { a: { c: 2 } }), { a: { b: 1, c: 2 } }) && ({}).x === undefined",
        "(_.merge({}, JSON.parse('{\"__proto__\":{\"x\":1}}')), _.set({}, '__proto__.x', 1), ({}).x === undefined)",
        "_.isEqual(_.groupBy([1.2, 1.8, 2.1], Math.floor), { 1: [1.2, 1.8], 2: [2.1] }) && _.keyBy([{ id: 'a' }], 'id').a.id === 'a'",
        "_.isEqual(_.sortBy([{ n: 2 }, { n: 1 }], 'n').map((x) => x.n), [1, 2]) && _.isEqual(_.orderBy([1, 3, 2], undefined, 'desc').length, 3)",
        "_.isEqual(_.uniq([1, 2, 1]), [1, 2]) && _.isEqual(_.chunk([1, 2, 3], 2), [[1, 2], [3]]) && _.isEqual(_.compact([0, 1, '']), [1])",
        "_.capitalize('hELLO') === 'Hello' && _.camelCase('Foo Bar-baz') === 'fooBarBaz' && _.kebabCase('fooBar') === 'foo-bar' && _.snakeCase('Foo Bar') === 'foo_bar'",
        "_.isEmpty({}) && _.isEmpty('') && !_.isEmpty([1]) && _.isString('a') && _.isPlainObject({}) && !_.isPlainObject(new Date())",
        "_.find([{ a: 1 }, { a: 2, b: 3 }], { a: 2 }).b === 3 && _.map([{ a: 1 }], 'a')[0] === 1 && _.filter({ x: 1, y: 2 }, (v) => v > 1)[0] === 2",
        "_.sumBy([{ n: 1 }, { n: 2 }], 'n') === 3 && _.maxBy([{ n: 1 }, { n: 5 }], 'n').n === 5 && _.min([3, 1, 2]) === 1 && _.round(1.005, 2) === 1.01",
        "_.isEqual(_.difference([1, 2, 3], [2]), [1, 3]) && _.isEqual(_.range(3), [0, 1, 2]) && _.clamp(5, 1, 3) === 3",
        "_.truncate('abcdefgh', { length: 5 }) === 'ab...' && _.escape('<a>') === '&lt;a&gt;' && _.trim('--a--', '-') === 'a'",
        "_.isEqual(_.mapValues({ a: 1 }, (v) => v + 1), { a: 2 }) && _.cloneDeep({ a: [1] }).a[0] === 1 && _.last([1, 2]) === 2",
    ]);
}

#[test]
fn the_text_cleaner_makes_texts_plain() {
    all_true(&[
        "getTextCleaner().cleanText(' <p>Hello&nbsp;<b>you</b> &amp; me</p>\\n<script>x()</script> ') === 'Hello you & me'",
        "getTextCleaner().stripHtml('1 < 2 && 3 > 2') === '1 < 2 && 3 > 2' && getTextCleaner().collapse(' a \\n b ') === 'a b'",
        "getTextCleaner().removeControl('a\\u0000b\\u200bc\\n') === 'abc\\n' && getTextCleaner().truncate('abcd', 3) === 'ab…'",
        "getTextCleaner().cleanText(undefined) === '' && getTextCleaner().cleanText('&#65;&#x42;&unknown;') === 'AB&unknown;'",
    ]);
}
