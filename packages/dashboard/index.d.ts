/** The folder of the built dashboard, for `createGateway({ dashboard })`; undefined in a clone that is not built. */
export declare const dashboardFolder: string | undefined;
