// The list of today, as it was last read: for whoever read it, until midnight or until somebody signs out or another one signs in.
import { dropOwner, keep, readAll } from "./kept_store.js";

const OWNER = "day", NAME = "day";

export const todayIn = (zone) => new Intl.DateTimeFormat("sv-SE", { timeZone: zone }).format(new Date());

// Keeps what the server sent: the page as it came, and the rows as they were read last. Lists of other days are not kept.
export async function keepDay(day) {
  if (day.date !== todayIn(day.zone)) return;
  try { await keep(OWNER, NAME, day); } catch { /* this browser keeps nothing */ }
}

// The list that is kept, or null. One of yesterday is deleted.
export async function keptDay() {
  try {
    const day = (await readAll(NAME)).get(NAME);
    if (day && day.date === todayIn(day.zone)) return day;
    if (day) await forgetDay();
  } catch { /* this browser keeps nothing */ }
  return null;
}

export async function forgetDay() {
  try { await dropOwner(OWNER, NAME); } catch { /* this browser keeps nothing */ }
}

// Deletes what was kept for somebody else.
export async function forgetOthers(user) {
  const day = await keptDay();
  if (day && day.user !== user) await forgetDay();
}

