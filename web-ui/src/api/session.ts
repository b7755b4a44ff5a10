// Who is logged in.
import { get, send } from './http';

/** Who is logged in, and what the server lets people in by. */
export interface Session {
  logged_in: boolean;
  /** What whoever asks may do: `read`, `indexer` or `admin`. */
  role?: string;
  user?: string;
  token: boolean;
  password: boolean;
}

export const session = () => get<Session>('session');

/** Shows a token, the page's key, or a name and password, for a session that the browser keeps in a cookie. */
export const logIn = (who: { token: string } | { key: string } | { user: string; password: string }) => send<null>('POST', 'session', who);

export const logOut = () => send<null>('DELETE', 'session');
