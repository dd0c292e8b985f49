// `moment`: the part of moment.js that transformers use, written anew, in UTC: there is no other zone here. An invalid
// date is one (isValid() is false, format() gives "Invalid date"). As in moment, add, subtract, set, startOf, endOf change
// the moment they are called on and give it back.
// What there is stands in src/transformer/manual/libraries.rs.
(function () {
    "use strict";

    const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
    const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
    const UNITS = { y: "year", year: "year", Q: "quarter", quarter: "quarter", M: "month", month: "month", w: "week", week: "week", W: "isoWeek",
        isoWeek: "isoWeek", d: "day", day: "day", D: "date", date: "date", h: "hour", hour: "hour", m: "minute", minute: "minute", s: "second",
        second: "second", ms: "millisecond", millisecond: "millisecond" };
    const SPANS = { week: 604800000, isoWeek: 604800000, day: 86400000, date: 86400000, hour: 3600000, minute: 60000, second: 1000, millisecond: 1 };
    const LONG = { L: "MM/DD/YYYY", LL: "MMMM D, YYYY", LLL: "MMMM D, YYYY h:mm A", LLLL: "dddd, MMMM D, YYYY h:mm A", LT: "h:mm A", LTS: "h:mm:ss A" };

    const two = (number) => String(number).padStart(2, "0");

    function unitOf(given = "millisecond") {
        const name = String(given);
        const singular = name.length > 2 && name.endsWith("s") ? name.slice(0, -1) : name;
        const known = Object.hasOwn(UNITS, singular) ? UNITS[singular] : Object.hasOwn(UNITS, singular.toLowerCase()) ? UNITS[singular.toLowerCase()] : undefined;
        if (known === undefined) throw new TypeError(`moment: there is no unit ${name}; there are ${[...new Set(Object.values(UNITS))].join(", ")}`);
        return known;
    }

    function ordinal(number) {
        const last = number % 100 >= 11 && number % 100 <= 13 ? 0 : number % 10;
        return number + (["th", "st", "nd", "rd"][last] ?? "th");
    }

    function isoWeek(date) {
        const thursday = new Date(date.getTime());
        thursday.setUTCDate(thursday.getUTCDate() + 4 - (thursday.getUTCDay() || 7));
        return 1 + Math.floor((thursday.getTime() - Date.UTC(thursday.getUTCFullYear(), 0, 1)) / SPANS.week);
    }

    const dayOfYear = (date) => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / SPANS.day) + 1;

    const TOKENS = {
        YYYY: (d) => String(d.getUTCFullYear()).padStart(4, "0"), YY: (d) => two(d.getUTCFullYear() % 100),
        Q: (d) => Math.floor(d.getUTCMonth() / 3) + 1,
        MMMM: (d) => MONTHS[d.getUTCMonth()], MMM: (d) => MONTHS[d.getUTCMonth()].slice(0, 3), MM: (d) => two(d.getUTCMonth() + 1), M: (d) => d.getUTCMonth() + 1,
        DDDD: (d) => String(dayOfYear(d)).padStart(3, "0"), DDD: dayOfYear, DD: (d) => two(d.getUTCDate()), Do: (d) => ordinal(d.getUTCDate()), D: (d) => d.getUTCDate(),
        dddd: (d) => DAYS[d.getUTCDay()], ddd: (d) => DAYS[d.getUTCDay()].slice(0, 3), dd: (d) => DAYS[d.getUTCDay()].slice(0, 2), d: (d) => d.getUTCDay(),
        E: (d) => d.getUTCDay() || 7, WW: (d) => two(isoWeek(d)), W: isoWeek,
        HH: (d) => two(d.getUTCHours()), H: (d) => d.getUTCHours(), hh: (d) => two(d.getUTCHours() % 12 || 12), h: (d) => d.getUTCHours() % 12 || 12,
        kk: (d) => two(d.getUTCHours() || 24), k: (d) => d.getUTCHours() || 24,
        mm: (d) => two(d.getUTCMinutes()), m: (d) => d.getUTCMinutes(), ss: (d) => two(d.getUTCSeconds()), s: (d) => d.getUTCSeconds(),
        SSS: (d) => String(d.getUTCMilliseconds()).padStart(3, "0"), SS: (d) => two(Math.floor(d.getUTCMilliseconds() / 10)), S: (d) => Math.floor(d.getUTCMilliseconds() / 100),
        A: (d) => (d.getUTCHours() < 12 ? "AM" : "PM"), a: (d) => (d.getUTCHours() < 12 ? "am" : "pm"),
        ZZ: () => "+0000", Z: () => "+00:00", X: (d) => Math.floor(d.getTime() / 1000), x: (d) => d.getTime(),
    };
    const TOKEN = /\[([^\]]*)\]|YYYY|YY|Q|MMMM|MMM|MM|M|DDDD|DDD|DD|Do|D|dddd|ddd|dd|d|E|WW|W|HH|H|hh|h|kk|k|mm|m|SSS|SS|S|ss|s|A|a|ZZ|Z|X|x/g;

    function formatted(date, format) {
        format = format.replace(/\[[^\]]*\]|LTS|LT|LLLL|LLL|LL|L/g, (name) => LONG[name] ?? name);
        return format.replace(TOKEN, (token, literal) => (literal !== undefined ? literal : String(TOKENS[token](date))));
    }

    const READ = {
        YYYY: [/^[+-]?\d{1,6}/, (into, text) => { into.year = Number(text); }], YY: [/^\d\d/, (into, text) => { into.year = Number(text) + (text > 68 ? 1900 : 2000); }],
        MMMM: [/^[a-z]+/i, month], MMM: [/^[a-z]{3}/i, month],
        MM: [/^\d\d?/, (into, text) => { into.month = text - 1; }], DD: [/^\d\d?/, (into, text) => { into.day = Number(text); }],
        HH: [/^\d\d?/, (into, text) => { into.hour = Number(text); }], mm: [/^\d\d?/, (into, text) => { into.minute = Number(text); }],
        ss: [/^\d\d?/, (into, text) => { into.second = Number(text); }], SSS: [/^\d{1,3}/, (into, text) => { into.ms = Number(text.padEnd(3, "0")); }],
        A: [/^[ap]\.?m\.?/i, (into, text) => { into.half = text[0].toLowerCase(); }],
        Z: [/^(?:Z|[+-]\d\d:?\d\d)/i, (into, text) => { into.zone = text; }],
        X: [/^-?\d+(?:\.\d+)?/, (into, text) => { into.time = text * 1000; }], x: [/^-?\d+/, (into, text) => { into.time = Number(text); }],
    };
    Object.assign(READ, { M: READ.MM, D: READ.DD, Do: [/^\d\d?(?:st|nd|rd|th)?/, (into, text) => { into.day = parseInt(text, 10); }], H: READ.HH, h: READ.HH, hh: READ.HH,
        m: READ.mm, s: READ.ss, a: READ.A, ZZ: READ.Z });

    function month(into, text) {
        const at = MONTHS.findIndex((name) => name.slice(0, 3).toLowerCase() === text.slice(0, 3).toLowerCase());
        into.month = at < 0 ? NaN : at;
    }

    function readAs(text, format) {
        const into = { month: 0, day: 1, hour: 0, minute: 0, second: 0, ms: 0 };
        let at = 0;
        let last = 0;
        const skip = (piece) => { at += piece.length; };
        for (const found of format.matchAll(TOKEN)) {
            skip(format.slice(last, found.index));
            last = found.index + found[0].length;
            if (found[1] !== undefined) {
                skip(found[1]);
                continue;
            }
            const [pattern, take] = Object.hasOwn(READ, found[0]) ? READ[found[0]] : [];
            if (pattern === undefined) throw new TypeError(`moment: ${found[0]} can be written but not read`);
            const [part] = pattern.exec(text.slice(at)) ?? [];
            if (part === undefined) return NaN;
            take(into, part);
            at += part.length;
        }
        return assembled(into);
    }

    function assembled(into) {
        if (into.time !== undefined) return into.time;
        const hour = into.half === undefined ? into.hour : into.hour % 12 + (into.half === "p" ? 12 : 0);
        const year = into.year ?? new Date().getUTCFullYear();
        const date = new Date(Date.UTC(2000, into.month, into.day, hour, into.minute, into.second, into.ms));
        date.setUTCFullYear(year, into.month, into.day);
        if (date.getUTCMonth() !== into.month || hour > 24 || into.minute > 59 || into.second > 59) return NaN;
        if (into.zone === undefined || /^z$/i.test(into.zone)) return date.getTime();
        const [, sign, hours, minutes] = /([+-])(\d\d):?(\d\d)/.exec(into.zone);
        return date.getTime() - (sign === "-" ? -1 : 1) * (hours * 60 + Number(minutes)) * 60000;
    }

    function timeOf(value, format) {
        if (value === undefined) return Date.now();
        if (value === null) return NaN;
        if (value instanceof Moment || value instanceof Date || typeof value === "number") return Number(value.valueOf());
        if (Array.isArray(value)) return Date.UTC(value[0] ?? 1970, ...value.slice(1));
        if (typeof value !== "string") throw new TypeError("moment: write a text, a number of milliseconds, a Date, a moment or a list [year, month, day]");
        if (format === undefined) return Date.parse(value);
        const formats = Array.isArray(format) ? format : [format];
        for (const one of formats) {
            const time = readAs(value, String(one));
            if (!Number.isNaN(time)) return time;
        }
        return NaN;
    }

    // The last day of a month that is too short for the day, as moment has it.
    function addMonths(date, count) {
        const day = date.getUTCDate();
        date.setUTCDate(1);
        date.setUTCMonth(date.getUTCMonth() + count);
        date.setUTCDate(Math.min(day, new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()));
    }

    function humanised(ms) {
        const seconds = Math.round(Math.abs(ms) / 1000);
        const [minutes, hours, days] = [seconds / 60, seconds / 3600, seconds / 86400].map(Math.round);
        if (seconds < 45) return "a few seconds";
        if (minutes < 2) return "a minute";
        if (minutes < 45) return `${minutes} minutes`;
        if (hours < 2) return "an hour";
        if (hours < 22) return `${hours} hours`;
        if (days < 2) return "a day";
        if (days < 26) return `${days} days`;
        const months = Math.round(days / 30.4);
        if (months < 2) return "a month";
        if (days < 320) return `${months} months`;
        const years = Math.round(days / 365);
        return years < 2 ? "a year" : `${years} years`;
    }

    class Moment {
        #date;
        constructor(time) { this.#date = new Date(time); }

        #move(count, unit, way) {
            if (typeof count === "object" && count !== null) {
                if (count instanceof Duration) return this.#move(count.asMilliseconds(), "ms", way);
                for (const [name, one] of Object.entries(count)) this.#move(one, name, way);
                return this;
            }
            unit = unitOf(unit);
            count = Number(count) * way;
            const months = { year: 12, quarter: 3, month: 1 }[unit];
            if (months !== undefined) addMonths(this.#date, Math.round(count * months));
            else this.#date.setTime(this.#date.getTime() + count * SPANS[unit]);
            return this;
        }
        add(count, unit) { return this.#move(count, unit, 1); }
        subtract(count, unit) { return this.#move(count, unit, -1); }

        startOf(unit) {
            const d = this.#date;
            unit = unitOf(unit);
            if (Object.hasOwn({ hour: 1, minute: 1, second: 1, millisecond: 1 }, unit)) {
                d.setTime(Math.floor(d.getTime() / SPANS[unit]) * SPANS[unit]);
                return this;
            }
            d.setUTCHours(0, 0, 0, 0);
            if (unit === "week") d.setUTCDate(d.getUTCDate() - d.getUTCDay());
            if (unit === "isoWeek") d.setUTCDate(d.getUTCDate() + 1 - (d.getUTCDay() || 7));
            if (unit === "month") d.setUTCDate(1);
            if (unit === "quarter") d.setUTCMonth(Math.floor(d.getUTCMonth() / 3) * 3, 1);
            if (unit === "year") d.setUTCMonth(0, 1);
            return this;
        }
        endOf(unit) {
            unit = unitOf(unit);
            return unit === "millisecond" ? this : this.startOf(unit).add(1, unit).subtract(1, "ms");
        }

        diff(other, unit, exact) {
            const value = timeOf(other);
            unit = unitOf(unit);
            let count = (this.#date.getTime() - value) / SPANS[unit];
            const months = { year: 12, quarter: 3, month: 1 }[unit];
            if (months !== undefined) count = this.#months(value) / months;
            return exact ? count : Math.trunc(count) + 0;
        }
        #months(value) {
            const other = new Date(value);
            const whole = (this.#date.getUTCFullYear() - other.getUTCFullYear()) * 12 + this.#date.getUTCMonth() - other.getUTCMonth();
            const anchor = new Date(value);
            addMonths(anchor, whole);
            const next = new Date(value);
            const ahead = this.#date.getTime() < anchor.getTime() ? -1 : 1;
            addMonths(next, whole + ahead);
            return whole + (this.#date.getTime() - anchor.getTime()) / Math.abs(next.getTime() - anchor.getTime() || 1);
        }

        #order(other, unit, holds) {
            const value = new Moment(timeOf(other));
            if (unit === undefined) return holds(this.valueOf(), value.valueOf());
            return holds(this.clone().startOf(unit).valueOf(), value.startOf(unit).valueOf());
        }
        isBefore(other, unit) { return this.#order(other, unit, (a, b) => a < b); }
        isAfter(other, unit) { return this.#order(other, unit, (a, b) => a > b); }
        isSame(other, unit) { return this.#order(other, unit, (a, b) => a === b); }
        isSameOrBefore(other, unit) { return this.#order(other, unit, (a, b) => a <= b); }
        isSameOrAfter(other, unit) { return this.#order(other, unit, (a, b) => a >= b); }
        isBetween(from, to, unit, brackets = "()") {
            return (brackets[0] === "[" ? this.isSameOrAfter(from, unit) : this.isAfter(from, unit))
                && (brackets[1] === "]" ? this.isSameOrBefore(to, unit) : this.isBefore(to, unit));
        }

        isValid() { return !Number.isNaN(this.#date.getTime()); }
        format(format = "YYYY-MM-DDTHH:mm:ssZ") { return this.isValid() ? formatted(this.#date, String(format)) : "Invalid date"; }
        toISOString() { return this.isValid() ? this.#date.toISOString() : null; }
        toJSON() { return this.toISOString(); }
        toString() { return this.format("ddd MMM DD YYYY HH:mm:ss [GMT]ZZ"); }
        toDate() { return new Date(this.#date.getTime()); }
        toArray() { return [this.year(), this.month(), this.date(), this.hour(), this.minute(), this.second(), this.millisecond()]; }
        toObject() {
            const [years, months, date, hours, minutes, seconds, milliseconds] = this.toArray();
            return { years, months, date, hours, minutes, seconds, milliseconds };
        }
        valueOf() { return this.#date.getTime(); }
        unix() { return Math.floor(this.#date.getTime() / 1000); }
        clone() { return new Moment(this.#date.getTime()); }
        utc() { return this; }
        local() { return this; }
        utcOffset(minutes = 0) {
            if (minutes !== 0) throw new TypeError("moment: there is no other zone than UTC; add the hours yourself");
            return arguments.length === 0 ? 0 : this;
        }
        from(other, bare) {
            const ms = this.#date.getTime() - timeOf(other);
            return bare ? humanised(ms) : ms > 0 ? `in ${humanised(ms)}` : `${humanised(ms)} ago`;
        }
        fromNow(bare) { return this.from(undefined, bare); }

        isoWeekday() { return this.#date.getUTCDay() || 7; }
        isoWeek() { return isoWeek(this.#date); }
        quarter() { return Math.floor(this.#date.getUTCMonth() / 3) + 1; }
        dayOfYear() { return dayOfYear(this.#date); }
        daysInMonth() { return new Date(Date.UTC(this.year(), this.month() + 1, 0)).getUTCDate(); }
        get(unit) { return this[unitOf(unit)](); }
        set(unit, value) {
            if (typeof unit === "object" && unit !== null) for (const [name, one] of Object.entries(unit)) this[unitOf(name)](one);
            else this[unitOf(unit)](value);
            return this;
        }
        year(value) { return this.#part("year", value, this.#date.getUTCFullYear()); }
        month(value) { return this.#part("month", value, this.#date.getUTCMonth()); }
        day(value) { return value === undefined ? this.#date.getUTCDay() : this.add(value - this.#date.getUTCDay(), "day"); }
        date(value) { return this.#field("Date", value); }
        hour(value) { return this.#field("Hours", value); }
        minute(value) { return this.#field("Minutes", value); }
        second(value) { return this.#field("Seconds", value); }
        millisecond(value) { return this.#field("Milliseconds", value); }
        #part(unit, value, now) { return value === undefined ? now : this.add(value - now, unit); }
        #field(part, value) {
            if (value === undefined) return this.#date[`getUTC${part}`]();
            this.#date[`setUTC${part}`](value);
            return this;
        }
        static {
            for (const name of ["year", "month", "day", "date", "hour", "minute", "second", "millisecond"]) {
                const plural = name === "date" ? "dates" : `${name}s`;
                Object.defineProperty(this.prototype, plural, { value: this.prototype[name], enumerable: false });
            }
        }
    }

    // A span as a number of milliseconds: a month is 30 days, a year 365.
    class Duration {
        #ms;
        constructor(ms) { this.#ms = ms; }
        asMilliseconds() { return this.#ms; }
        asSeconds() { return this.#ms / 1000; }
        asMinutes() { return this.#ms / 60000; }
        asHours() { return this.#ms / 3600000; }
        asDays() { return this.#ms / 86400000; }
        asWeeks() { return this.#ms / 604800000; }
        milliseconds() { return this.#ms % 1000; }
        seconds() { return Math.trunc(this.#ms / 1000) % 60; }
        minutes() { return Math.trunc(this.#ms / 60000) % 60; }
        hours() { return Math.trunc(this.#ms / 3600000) % 24; }
        days() { return Math.trunc(this.#ms / 86400000); }
        valueOf() { return this.#ms; }
        humanize() { return humanised(this.#ms); }
    }

    function duration(count, unit) {
        if (typeof count === "object" && count !== null && !(count instanceof Duration)) {
            return new Duration(Object.entries(count).reduce((sum, [name, one]) => sum + duration(one, name).asMilliseconds(), 0));
        }
        const spans = { ...SPANS, month: 30 * SPANS.day, quarter: 91 * SPANS.day, year: 365 * SPANS.day };
        return new Duration(Number(count) * spans[unitOf(unit)]);
    }

    function moment(value, format) { return new Moment(timeOf(value, format)); }
    moment.utc = moment;
    moment.unix = (seconds) => new Moment(seconds * 1000);
    moment.isMoment = (value) => value instanceof Moment;
    moment.duration = duration;
    moment.min = (...all) => all.flat().reduce((a, b) => (b.isBefore(a) ? b : a));
    moment.max = (...all) => all.flat().reduce((a, b) => (b.isAfter(a) ? b : a));
    moment.fn = Moment.prototype;
    return { moment, shared: Duration };
})
