// Who may use the server: names and roles, never secrets.
import { get } from './http';

export type Role = 'reader' | 'indexer' | 'admin';

export interface Accounts {
  accounts: { name: string; role: Role }[];
  tokens: { role: Role }[];
}

export const accounts = () => get<Accounts>('accounts');
