"""One file a protocol; `periplus.identify.model` says what each holds, `periplus.identify.talk` how it is written."""
