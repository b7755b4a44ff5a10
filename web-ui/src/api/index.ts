// The server's HTTP interface: its types, and one call for each question that the page asks.
export * from './accounts';
export * from './duplicates';
export * from './evaluations';
export * from './explanation';
export * from './http';
export * from './indexer';
export * from './map';
export * from './models';
export * from './photos';
export * from './search';
export * from './session';
export * from './status';
export * from './unusual';
