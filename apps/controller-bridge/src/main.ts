import 'reflect-metadata';
import { ConfigError, PinoLogger } from '@guardpost/platform';
import { NestFactory } from '@nestjs/core';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { AppModule } from './app.module.js';
import { loadConfig, type Settings } from './load-config.js';
import { warmUp } from './warm-up.js';

/** A configuration that can't work ends the process with one line that says what to mend. */
function settingsOrExit(): Settings {
  try {
    return loadConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`controller-bridge: ${error.message}\n`);
    process.exit(2);
  }
}

const settings = settingsOrExit();
await warmUp();
const app = await NestFactory.create(AppModule.of(settings), { logger: new PinoLogger('controller-bridge', settings.logLevel ?? 'info') });
app.enableShutdownHooks();

// The codecs are JSON Schema 2020-12, which is what OpenAPI 3.1 takes; swagger would call the document 3.0.0.
const description = new DocumentBuilder().setOpenAPIVersion('3.1.0').setTitle('Guardpost').setVersion('1').addBearerAuth().build();
SwaggerModule.setup('api/docs', app, () => SwaggerModule.createDocument(app, description), { jsonDocumentUrl: 'api/openapi.json' });

await app.listen(settings.http.port, settings.http.host);
